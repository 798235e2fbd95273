#include "shell/modes/modes.h"
#include "shell/text.h"

#include <cstdio>
#include <unistd.h>

namespace cay::shell {

using resp::ReplyTree;
using resp::ReplyView;

int reportFailure(Client &client, const ReplyTree &reply)
{
    if (client.isConnected() && !reply.empty() && reply.root().isError())
        std::fprintf(stderr, "Error: %s\n", std::string(reply.root().text()).c_str());
    else if (client.isConnected())
        std::fprintf(stderr, "Error: the server's reply is not of the expected kind\n");
    else
        std::fprintf(stderr, "Error: %s\n", client.error().c_str());
    return 1;
}

bool KeyScan::next(std::vector<std::string> *keys, ReplyTree *reply)
{
    keys->clear();
    std::vector<std::string> command{"SCAN", m_cursor};
    if (m_options.hasPattern)
        command.insert(command.end(), {"MATCH", m_options.pattern});
    if (m_options.scanCount != Options().scanCount)
        command.insert(command.end(), {"COUNT", std::to_string(m_options.scanCount)});
    if (!m_client.ask(command, reply))
        return false;
    const ReplyView root = reply->root();
    if (root.size() != 2 || !root.at(0).hasText() || !root.at(1).isAggregate())
        return false;
    m_cursor = root.at(0).text();
    m_started = true;
    for (const ReplyView key : root.at(1))
        keys->emplace_back(key.text());
    return true;
}

int runScan(Client &client, const Options &options)
{
    KeyScan scan(client, options);
    std::vector<std::string> keys;
    while (!scan.isDone()) {
        ReplyTree reply;
        if (!scan.next(&keys, &reply))
            return reportFailure(client, reply);
        std::string out;
        for (const std::string &key : keys) {
            if (options.output == Output::Text)
                appendQuoted(&out, key);
            else
                out.append(key);
            out.push_back('\n');
        }
        std::fwrite(out.data(), 1, out.size(), stdout);
        if (options.interval > 0)
            ::usleep(static_cast<useconds_t>(options.interval * 1e6));
    }
    return 0;
}

} // namespace cay::shell
