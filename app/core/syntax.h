// A command's syntax: one line in the metadata, a tree of arguments for COMMAND DOCS, completion
// and the generator of random commands, and a line as redis-cli prints it.
//
//   name  name:type   an argument; types: string (the default) integer double key pattern
//                     unix-time. `key` alone is a key; `name:key@1` belongs to the second key
//                     specification
//   TOKEN  'TO KEN'   a word as it stands, of capitals, digits and - _ . * $ = ~ + ; anything else
//                     in quotes. Alone it is a pure token named after itself; in front of an
//                     argument or a block it is that one's token
//   [ x ]             optional
//   ( x y )           a block
//   [a | b]  (a | b)  one of
//   x ...             once or more; `x +...` repeats the token too
//   label=x           names an argument; as the first thing in brackets it names what they hold
#pragma once

#include "cay/command_info.h"

namespace cay::core {

// Key arguments get the key specifications 0, 1 ... `keySpecs` - 1 in order, the last one for all
// that follow. False with a reason.
bool parseSyntax(Bytes text, int keySpecs, std::vector<Argument> *out, std::string *why);

// "key value [NX|XX] [GET] [EX seconds|PX milliseconds]"
std::string usage(const std::vector<Argument> &arguments);

} // namespace cay::core
