/* ctl_path.c - the address of a node's control socket. */
#include "node/ctl/ctl_path.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>

int dg_ctl_dir_open(const char *dir)
{
    return open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

struct sockaddr_un dg_ctl_address(const char *dir, int dir_fd)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t size = sizeof address.sun_path;
    int length = snprintf(address.sun_path, size, "%s/" DG_CTL_NAME, dir);

    if (length < 0 || (size_t)length >= size)
        snprintf(address.sun_path, size, "/proc/self/fd/%d/" DG_CTL_NAME, dir_fd);
    return address;
}

int dg_ctl_socket(void)
{
    return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}
