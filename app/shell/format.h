// Replies as text, to the byte as redis-cli prints them.
#pragma once

#include "resp/reply_parser.h"
#include "shell/options.h"

namespace cay::shell {

// What is printed for one reply, its end of line included. `plain` prints the text of reports such
// as INFO as it is, whatever the mode.
std::string formatReply(resp::ReplyView reply, const Options &options, bool plain = false);

// The parts, one per mode.
void appendText(std::string *out, resp::ReplyView reply, const std::string &indent);
void appendRaw(std::string *out, resp::ReplyView reply, const std::string &delimiter);
void appendCsv(std::string *out, resp::ReplyView reply);
void appendJson(std::string *out, resp::ReplyView reply, bool quoted);

// An out-of-band message: "-> invalidate: 'a', 'b'" for tracking at a terminal, else as any reply.
std::string formatPush(resp::ReplyView push, const Options &options);

// Commands whose reply is a report to read: printed as it is at a terminal too.
bool isReport(const std::vector<std::string> &command);

} // namespace cay::shell
