// Replies of every kind, for those who test clients.
#include "debug.h"

#include <QtCore/QtGlobal>

namespace debug {

namespace {

// The text as it is, with a code of the caller's own choice: it need not begin with ERR.
void error(Call &call) { call.reply.error(call[2]); }

void numbers(Call &call)
{
    for (std::int64_t i = 0; i < 3; ++i)
        call.reply.integer(i);
}

void string(Call &call) { call.reply.bulk("Hello World"); }
void integer(Call &call) { call.reply.integer(12345); }
void real(Call &call) { call.reply.number(3.141); }
void null(Call &call) { call.reply.null(); }
void yes(Call &call) { call.reply.boolean(true); }
void no(Call &call) { call.reply.boolean(false); }
void bigNumber(Call &call) { call.reply.bigNumber("1234567999999999999999999999999999999"); }
void verbatim(Call &call) { call.reply.verbatim("txt", "This is a verbatim\nstring"); }

void array(Call &call)
{
    call.reply.array(3);
    numbers(call);
}

void set(Call &call)
{
    call.reply.set(3);
    numbers(call);
}

void map(Call &call)
{
    call.reply.map(3);
    for (std::int64_t i = 0; i < 3; ++i) {
        call.reply.integer(i);
        call.reply.boolean(i == 1);
    }
}

void attribute(Call &call)
{
    if (call.reply.version() == 3) {
        call.reply.attribute(1);
        call.reply.bulk("key-popularity");
        call.reply.array(2);
        call.reply.bulk("key:123");
        call.reply.integer(90);
    }
    call.reply.bulk("Some real reply following the attribute");
}

void push(Call &call)
{
    if (call.reply.version() == 2)
        return call.reply.error("ERR RESP2 is not supported by this command");
    call.reply.push(2);
    call.reply.bulk("server-cpu-usage");
    call.reply.integer(42);
    call.reply.bulk("Some real reply following the push reply");
}

struct Kind
{
    Bytes name;
    void (*reply)(Call &);
};
constexpr Kind kKinds[] = {
    {"STRING", string},    {"INTEGER", integer}, {"DOUBLE", real},       {"BIGNUM", bigNumber},
    {"NULL", null},        {"ARRAY", array},     {"SET", set},           {"MAP", map},
    {"ATTRIB", attribute}, {"PUSH", push},       {"VERBATIM", verbatim}, {"TRUE", yes},
    {"FALSE", no},
};

void protocol(Call &call)
{
    for (const Kind &kind : kKinds) {
        if (cay::isWord(call[2], kind.name))
            return kind.reply(call);
    }
    call.reply.error(
        "ERR Wrong protocol type name. Please use one of the following: "
        "string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false");
}

constexpr Subcommand kSubcommands[] = {
    {"ERROR", 3, 3, error, "<string>", "Answers with <string> as an error."},
    {"PROTOCOL", 3, 3, protocol, "<type>",
     "Answers with a value of the type: string, integer, double, bignum, null, array,\n"
     "set, map, attrib, push, verbatim, true, false."},
};

} // namespace

std::span<const Subcommand> replySubcommands() { return kSubcommands; }

} // namespace debug
