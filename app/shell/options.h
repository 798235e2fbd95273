// What the command line and the environment ask of the shell.
#pragma once

#include <string>
#include <vector>

namespace cay::shell {

enum class Output : unsigned char { Text, Raw, Csv, Json, QuotedJson };
enum class Mode : unsigned char {
    Commands,
    Pipe,
    Scan,
    Stat,
    Latency,
    LatencyHistory,
    LatencyDistribution,
    BigKeys,
    MemoryKeys,
    HotKeys,
    Help,
    Version,
};
enum class Checks : unsigned char { Auto, On, Off }; // Auto: for who types at a terminal

struct Options
{
    std::string host = "127.0.0.1";
    std::string socket;   // a unix socket's path, in place of host and port
    std::string embedded; // a data directory: a store inside this process, in place of a server
    int port = 6379;
    int database = 0;
    std::string user, password;
    bool hasPassword = false;
    bool askPassword = false;
    bool noAuthWarning = false;
    bool passwordOnCommandLine = false;
    int protocol = 0;             // 2 or 3 when asked for, 0 without a wish
    bool protocolMayFail = false; // 3 is wished for, and 2 will do

    Output output = Output::Text;
    bool outputChosen = false;
    std::string elementDelimiter = "\n"; // between the elements of an aggregate, raw output
    std::string replyDelimiter = "\n";   // behind each reply, raw output
    bool showPushes = false;
    bool showPushesChosen = false;

    long repeat = 1;     // below 0: for ever
    double interval = 0; // seconds
    bool intervalChosen = false;
    bool lastArgumentFromStdin = false;
    std::string stdinTag; // the argument that stands for what stdin holds
    bool quotedInput = false;
    bool exitOnError = false;
    bool cluster = false; // follow MOVED and ASK
    bool verbose = false;
    Checks checks = Checks::Auto;

    Mode mode = Mode::Commands;
    int pipeTimeout = 30; // seconds, 0 waits for ever
    std::string pattern;
    bool hasPattern = false;
    long scanCount = 10;
    long memorySamples = -1; // below 0: the server's default, 0: all elements

    std::vector<std::string> command; // what to run, empty: read commands from stdin
};

// Reads the arguments (without the program's name) and the environment. False with the reason,
// ready to print.
bool readOptions(const std::vector<std::string> &arguments, Options *options, std::string *why);
// redis://[[user:]password@]host[:port][/database]
bool readUri(const std::string &uri, Options *options, std::string *why);

// The text of --help.
std::string usage();
std::string versionLine();

} // namespace cay::shell
