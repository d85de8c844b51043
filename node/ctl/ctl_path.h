/* ctl_path.h - the address of a node's control socket.
 *
 * Private to node/ctl.
 */
#ifndef DG_NODE_CTL_CTL_PATH_H
#define DG_NODE_CTL_CTL_PATH_H

#include <sys/un.h>

#define DG_CTL_NAME "ctl.sock"

enum { DG_CTL_HEADER = 4 }; /* bytes of length before each message */

/* Opens the directory, to find the socket by; -1 with errno. */
int dg_ctl_dir_open(const char *dir);
/* The address of the socket in dir, which is open as dir_fd: a socket's address holds only some 107
 * bytes, so a longer path goes through the descriptor. */
struct sockaddr_un dg_ctl_address(const char *dir, int dir_fd);
/* Makes a stream socket that does not block and is not inherited; -1 with errno. */
int dg_ctl_socket(void);

#endif
