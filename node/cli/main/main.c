/* main.c - donggui: a federation of reporting nodes. */
#include "node/cli/cli.h"

int main(int argc, char **argv)
{
    return dg_cli_main(argc, argv);
}
