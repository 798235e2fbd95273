// cay: a shell for Cay and for every server that speaks Redis's protocol.
#include "shell/embedded.h"
#include "shell/interrupt.h"
#include "shell/modes/modes.h"
#include "shell/repl.h"

#include <csignal>
#include <cstdio>
#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

using namespace cay::shell;

namespace {

// Reads a line from the terminal without showing it.
std::string askPassword()
{
    std::fprintf(stderr, "Please input password: ");
    termios before{};
    const bool isTerminal = ::tcgetattr(STDIN_FILENO, &before) == 0;
    if (isTerminal) {
        termios silent = before;
        silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    }
    std::string password;
    for (char c = 0; ::read(STDIN_FILENO, &c, 1) == 1 && c != '\n';)
        password.push_back(c);
    if (isTerminal)
        ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    std::fprintf(stderr, "\n");
    return password;
}

void settle(Options *options)
{
    const bool terminal = ::isatty(STDOUT_FILENO);
    if (!options->outputChosen)
        options->output = terminal ? Output::Text : Output::Raw;
    if (!options->showPushesChosen)
        options->showPushes = terminal;
    if (options->passwordOnCommandLine && !options->askPassword && !options->noAuthWarning)
        std::fprintf(stderr, "Warning: Using a password with '-a' or '-u' option on the command "
                             "line interface may not "
                             "be safe.\n");
    if (options->askPassword) {
        options->password = askPassword();
        options->hasPassword = true;
    }
}

int runMode(Client &client, const Options &options)
{
    if (!client.connect())
        return 1;
    switch (options.mode) {
    case Mode::Pipe: return runPipe(client, options);
    case Mode::Scan: return runScan(client, options);
    case Mode::Stat: return runStat(client, options);
    case Mode::Latency:
    case Mode::LatencyHistory: return runLatency(client, options);
    case Mode::LatencyDistribution: return runLatencyDistribution(client, options);
    case Mode::BigKeys:
    case Mode::MemoryKeys: return runBigKeys(client, options);
    case Mode::HotKeys: return runHotKeys(client, options);
    default: return 1;
    }
}

int runCommands(Client &client, const Options &options, const std::function<void()> &idle)
{
    const bool fromTerminal = options.command.empty() && ::isatty(STDIN_FILENO);
    Session session(client, options, fromTerminal);
    const bool connected = client.connect();
    if (options.verbose && connected)
        std::fprintf(stderr, "Connected to %s\n", client.where().c_str());
    session.connected();
    if (!options.command.empty())
        return connected ? runCommand(session, options) : 1;
    if (!fromTerminal)
        return runScript(session, options);
    catchInterrupts();
    return runInteractively(session, idle);
}

int run(const Options &options, const Connector &connector, const std::string &where,
        const std::function<void()> &idle)
{
    Client client(options, connector, where);
    client.setDatabase(options.database);
    client.setProtocol(options.protocol);
    if (options.hasPassword)
        client.setCredentials(options.user, options.password);
    return options.mode == Mode::Commands ? runCommands(client, options, idle)
                                          : runMode(client, options);
}

int runWithServer(const Options &options)
{
    std::string where;
    const Connector connector = connectorFor(options, &where);
    return run(options, connector, where, {});
}

int runEmbedded(const Options &options)
{
    std::string why;
    const std::shared_ptr<EmbeddedStore> store = EmbeddedStore::open(options.embedded, &why);
    if (!store) {
        std::fprintf(stderr, "Could not open the store: %s\n", why.c_str());
        return 1;
    }
    catchInterrupts();
    catchTermination();
    const int code = run(
        options, [&](std::string *reason) { return store->connect(reason); }, options.embedded,
        [&] { store->idle(); });
    if (store->save(&why))
        return code;
    std::fprintf(stderr, "The store could not be saved: %s\n", why.c_str());
    return 1;
}

} // namespace

int main(int argc, char **argv)
{
    std::signal(SIGPIPE, SIG_IGN);
    Options options;
    std::string why;
    if (!readOptions({argv + 1, argv + argc}, &options, &why)) {
        std::fprintf(stderr, "%s\n", why.c_str());
        return 1;
    }
    if (options.mode == Mode::Help || options.mode == Mode::Version) {
        std::printf("%s\n", options.mode == Mode::Help ? usage().c_str() : versionLine().c_str());
        return 0;
    }
    settle(&options);
    return options.embedded.empty() ? runWithServer(options) : runEmbedded(options);
}
