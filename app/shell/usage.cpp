#include "shell/options.h"

namespace cay::shell {
namespace {

constexpr const char *kUsage =
    R"(Usage: cay [OPTIONS] [command [argument ...]]

Without a command, cay reads commands from the terminal, or from stdin as a script.

Connection
  -h <host>           The server's host (default: 127.0.0.1)
  -p <port>           Its port (default: 6379)
  -s <socket>         Its unix socket, in place of host and port
  -u <uri>            redis://[[user:]password@]host[:port][/database]
  -a, --pass <password>
                      The password. Safer: the environment's CAY_AUTH or REDISCLI_AUTH
  --user <name>       The user; needs a password
  --askpass           Asks for the password on the terminal
  --no-auth-warning   No warning when the password is on the command line
  -n <database>       Selects a database
  -2, -3              Speaks RESP2 or RESP3
  -c                  Follows the redirections of a cluster (MOVED, ASK)
  --embedded <dir>    No server: a store inside this process. It is in memory, is
                      read from <dir> at the start and written there at the end

Input
  -x                  Reads the last argument from stdin
  -X <tag>            Reads the argument written as <tag> from stdin
  -r <times>          Runs the command so often; -1 for ever
  -i <seconds>        Waits between runs, --stat lines, SCANs; 0.1 is fine
  --quoted-input      Arguments in quotes may hold escapes: '"\x00"'
  -e                  Exits with 1 and the error on stderr when a command fails
  --check, --no-check Looks at arguments before sending: always, never
                      (default: at a terminal). --no-check also takes dashes
                      in front of options as they are

Output
  --raw               The replies' text alone (default when stdout is no terminal)
  --no-raw            With types and quotes (default at a terminal)
  --csv, --json, --quoted-json
  -d <delimiter>      Between elements, raw (default: \n)
  -D <delimiter>      Between replies, raw (default: \n)
  --show-pushes <yn>  Whether out-of-band messages are shown (default: at a terminal)
  --verbose           Says what goes on

Other things to do
  --scan              Lists all keys
  --pattern <pattern> Only keys like this; also for --bigkeys, --memkeys, --hotkeys
  --quoted-pattern <pattern>
                      The same, with escapes
  --count <n>         Keys per SCAN (default: the server's, 10)
  --bigkeys           The keys with most elements, by type
  --memkeys           The keys with most memory; --memkeys-samples <n> elements of each
  --hotkeys           The keys used most (needs an LFU policy)
  --stat              Figures about the server, a line per second
  --latency           Round-trip times; one line after a second when stdout is no terminal
  --latency-history   The same, a line every 15 seconds
  --latency-dist      The same, as a coloured distribution
  --pipe              Sends what stdin holds, encoded or inline commands, at full speed
  --pipe-timeout <s>  Gives up so long after the last reply (default: 30, 0: never)
  --help, --version

At the terminal: `help`, `help GET` or `GET -h`, <tab>, and options with a dash
(SET k v -NX -EX 10). History is kept in ~/.cay_history (CAY_HISTFILE), without passwords.

  cay SET greeting hello
  cay --scan --pattern 'user:*'
  cat picture.png | cay -x SET picture
  cay --json HGETALL user:1
)";

} // namespace

std::string usage() { return versionLine() + "\n\n" + kUsage; }

std::string versionLine() { return std::string("cay ") + CAY_VERSION; }

} // namespace cay::shell
