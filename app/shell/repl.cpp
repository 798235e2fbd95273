#include "shell/repl.h"

#include "resp/inline_args.h"
#include "resp/number.h"
#include "shell/assistant.h"
#include "shell/editor.h"
#include "shell/interrupt.h"
#include "shell/text.h"

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <iterator>

namespace cay::shell {

using Outcome = Session::Outcome;

namespace {

constexpr long long kSlowMs = 500; // a command that takes longer is told about

// "5 INCR n": takes the number off.
long takeRepeatCount(std::vector<std::string> *words)
{
    std::int64_t times = 0;
    if (words->size() < 2 || !resp::parseInteger((*words)[0], &times))
        return 1;
    words->erase(words->begin());
    return static_cast<long>(times);
}

Outcome runLine(Session &session, const std::string &line, bool showTime)
{
    std::vector<std::string> words;
    if (!resp::splitArgs(line, &words)) {
        std::printf("Invalid argument(s)\n");
        return Outcome::Failed;
    }
    if (words.empty())
        return Outcome::Ok;
    const long times = takeRepeatCount(&words);
    const long long start = nowMs();
    const Outcome outcome = session.repeat(std::move(words), times, line);
    const long long elapsed = nowMs() - start;
    if (showTime && elapsed >= kSlowMs)
        std::printf("(%.2fs)\n", static_cast<double>(elapsed) / 1000);
    return outcome;
}

bool isKept(const std::string &line)
{
    std::vector<std::string> words;
    if (!resp::splitArgs(line, &words) || words.empty())
        return true;
    takeRepeatCount(&words);
    return !isSensitive(words);
}

std::string readAllOfStdin()
{
    return {std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>()};
}

} // namespace

int runInteractively(Session &session, const std::function<void()> &idle)
{
    Editor editor({[&] { return session.prompt(); },
                   [&](const std::string &line) { return hintFor(session.docs(), line); },
                   [&](const std::string &line) { return completionsFor(session.docs(), line); },
                   idle},
                  historyPath());
    session.loadDocs();
    for (;;) {
        std::string line;
        const Editor::Result result = editor.read(&line);
        if (result == Editor::Result::End || isTerminated())
            break;
        if (result == Editor::Result::Interrupted
            || line.find_first_not_of(" \t") == std::string::npos)
            continue;
        editor.remember(line, isKept(line));
        if (runLine(session, line, true) == Outcome::Quit)
            return 0;
    }
    std::printf("\n");
    return 0;
}

int runScript(Session &session, const Options &options)
{
    bool connectedOnce = session.isConnected();
    for (std::string line; std::getline(std::cin, line);) {
        const Outcome outcome = runLine(session, line, options.output == Output::Text);
        connectedOnce = connectedOnce || session.isConnected();
        if (outcome == Outcome::Quit || isTerminated())
            return 0;
        if (outcome == Outcome::Failed && options.exitOnError)
            return 1;
    }
    return connectedOnce ? 0 : 1;
}

int runCommand(Session &session, const Options &options)
{
    std::vector<std::string> words = options.command;
    if (options.lastArgumentFromStdin)
        words.push_back(readAllOfStdin());
    else if (!options.stdinTag.empty())
        std::replace(words.begin(), words.end(), options.stdinTag, readAllOfStdin());
    return session.repeat(std::move(words), options.repeat) == Outcome::Failed ? 1 : 0;
}

} // namespace cay::shell
