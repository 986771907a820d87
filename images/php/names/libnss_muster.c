/*
 * A name service for glibc (nsswitch.conf): the team's public names lead to the loopback, where names.sh forwards the
 * public port to the gateway. These are the domain in /run/muster/domain, all below it, and all below localhost, which
 * libcurl takes for the loopback anyway.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <nss.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define DOMAIN_FILE "/run/muster/domain"

static int is_or_below(const char *name, size_t length, const char *domain) {
  size_t own = strlen(domain);
  if (own == 0 || length < own || strncasecmp(name + length - own, domain, own) != 0) return 0;
  return length == own || name[length - own - 1] == '.';
}

static int is_public(const char *name) {
  char domain[256] = "";
  size_t length = strlen(name);
  if (length > 0 && name[length - 1] == '.') length--;
  /* localhost itself is in /etc/hosts. */
  FILE *file = fopen(DOMAIN_FILE, "re");
  if (file == NULL) return 0;
  if (fgets(domain, sizeof domain, file) == NULL) domain[0] = '\0';
  fclose(file);
  domain[strcspn(domain, "\n")] = '\0';
  return is_or_below(name, length, domain) || (length > 9 && is_or_below(name, length, "localhost"));
}

enum nss_status _nss_muster_gethostbyname3_r(const char *name, int family, struct hostent *result, char *buffer,
                                             size_t size, int *error, int *herror, int32_t *ttl, char **canonical) {
  struct layout {
    char *addresses[2];
    char *aliases[1];
    struct in_addr address;
    char name[];
  } *layout;

  if (!is_public(name)) {
    *error = ENOENT;
    *herror = HOST_NOT_FOUND;
    return NSS_STATUS_UNAVAIL;
  }
  if (family != AF_INET && family != AF_UNSPEC) {
    *error = ENOENT;
    *herror = NO_DATA;
    return NSS_STATUS_NOTFOUND;
  }
  size_t skip = -(uintptr_t)buffer % _Alignof(struct layout);
  if (size < skip + sizeof *layout + strlen(name) + 1) {
    *error = ERANGE;
    *herror = NETDB_INTERNAL;
    return NSS_STATUS_TRYAGAIN;
  }
  layout = (struct layout *)(buffer + skip);
  layout->address.s_addr = htonl(INADDR_LOOPBACK);
  layout->addresses[0] = (char *)&layout->address;
  layout->addresses[1] = NULL;
  layout->aliases[0] = NULL;
  strcpy(layout->name, name);
  *result = (struct hostent){.h_name = layout->name,
                             .h_aliases = layout->aliases,
                             .h_addrtype = AF_INET,
                             .h_length = sizeof layout->address,
                             .h_addr_list = layout->addresses};
  if (ttl != NULL) *ttl = 0;
  if (canonical != NULL) *canonical = layout->name;
  return NSS_STATUS_SUCCESS;
}

enum nss_status _nss_muster_gethostbyname2_r(const char *name, int family, struct hostent *result, char *buffer,
                                             size_t size, int *error, int *herror) {
  return _nss_muster_gethostbyname3_r(name, family, result, buffer, size, error, herror, NULL, NULL);
}

enum nss_status _nss_muster_gethostbyname_r(const char *name, struct hostent *result, char *buffer, size_t size,
                                            int *error, int *herror) {
  return _nss_muster_gethostbyname3_r(name, AF_INET, result, buffer, size, error, herror, NULL, NULL);
}
