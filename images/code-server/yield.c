/*
 * Preloaded into every program of the editor: a member's server may have the public port for itself. When it is taken by
 * the forward to the gateway (names.sh), that listener ends, and bind is tried again.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int port_of(const struct sockaddr *address, socklen_t length) {
  if (address == NULL) return 0;
  if (address->sa_family == AF_INET && length >= sizeof(struct sockaddr_in))
    return ntohs(((const struct sockaddr_in *)address)->sin_port);
  if (address->sa_family == AF_INET6 && length >= sizeof(struct sockaddr_in6))
    return ntohs(((const struct sockaddr_in6 *)address)->sin6_port);
  return 0;
}

/* The process that forwards the port; 0 when none does. */
static pid_t forwarder(int port) {
  char path[64];
  int pid = 0;
  snprintf(path, sizeof path, "/run/muster/forward-%d", port);
  FILE *file = fopen(path, "re");
  if (file == NULL) return 0;
  if (fscanf(file, "%d", &pid) != 1) pid = 0;
  fclose(file);
  if (pid <= 1 || pid == getpid()) return 0;
  /* Its number may be another program's by now. */
  char name[16] = "";
  snprintf(path, sizeof path, "/proc/%d/comm", pid);
  file = fopen(path, "re");
  if (file == NULL) return 0;
  int read = fscanf(file, "%15s", name);
  fclose(file);
  return read == 1 && name[0] == 's' && name[1] == 'o' && name[2] == 'c' && name[3] == 'a' ? pid : 0;
}

int bind(int socket, const struct sockaddr *address, socklen_t length) {
  static int (*next)(int, const struct sockaddr *, socklen_t);
  if (next == NULL) next = dlsym(RTLD_NEXT, "bind");
  int result = next(socket, address, length);
  if (result == 0 || errno != EADDRINUSE) return result;
  pid_t pid = forwarder(port_of(address, length));
  if (pid == 0 || kill(pid, SIGTERM) != 0) {
    errno = EADDRINUSE;
    return result;
  }
  for (int attempt = 0; attempt < 100; attempt++) {
    nanosleep(&(struct timespec){.tv_nsec = 10 * 1000 * 1000}, NULL);
    result = next(socket, address, length);
    if (result == 0 || errno != EADDRINUSE) return result;
  }
  return result;
}
