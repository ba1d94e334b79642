// Compiled before the load generator: what connects to the first port of SPREAD_PORTS (10001,10002,10003) connects to
// each of them in turn, as behind a load balancer, but without one in the way.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <vector>

static int spreadConnect(int fd, const sockaddr *address, socklen_t length) {
  static std::vector<int> ports;
  static size_t next = 0;
  if (ports.empty()) {
    const char *text = getenv("SPREAD_PORTS");
    for (char *end = (char *)(text ? text : ""); *end; end += *end == ',') ports.push_back(strtol(end, &end, 10));
    if (ports.empty()) ports.push_back(0);
  }
  sockaddr_in in;
  if (address->sa_family != AF_INET) return connect(fd, address, length);
  in = *(const sockaddr_in *)address;
  if (ntohs(in.sin_port) == ports[0]) in.sin_port = htons(ports[next++ % ports.size()]);
  return connect(fd, (const sockaddr *)&in, sizeof in);
}
#define connect spreadConnect
