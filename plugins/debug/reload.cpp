// RELOAD and LOADAOF: everything leaves the databases in the form of a file, and comes back from
// it.
#include "debug.h"

#include "cay/log_writer.h"
#include "cay/rdb_image.h"
#include "resp/input.h"
#include "resp/output_buffer.h"

#include <QtCore/QFile>

#include <limits>

namespace debug {

namespace {

struct ReloadOptions
{
    bool save = true, flush = true, merge = false;
};

bool readOptions(Call &call, ReloadOptions *options)
{
    for (std::size_t i = 2; i < call.size(); ++i) {
        if (cay::isWord(call[i], "MERGE"))
            options->merge = true;
        else if (cay::isWord(call[i], "NOFLUSH"))
            options->flush = false;
        else if (cay::isWord(call[i], "NOSAVE"))
            options->save = false;
        else
            return call.fail(
                "ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.");
    }
    return true;
}

std::string savedImage(cay::Host &host)
{
    cay::RdbSaveOptions options;
    options.compress = host.options().flag("rdbcompression");
    options.checksum = host.options().flag("rdbchecksum");
    std::string image;
    cay::saveRdb(host, options, [&image](Bytes piece) {
        image.append(piece);
        return true;
    });
    return image;
}

// The file that persistence would load at the start: NOSAVE brings the data of another server in.
bool readFile(cay::Host &host, std::string *image, std::string *why)
{
    std::string name = host.options().text("dbfilename");
    if (name.empty())
        name = "dump.rdb";
    QFile file(QString::fromStdString(name));
    if (!file.open(QIODevice::ReadOnly)) {
        *why = name + ": " + file.errorString().toStdString();
        return false;
    }
    const QByteArray bytes = file.readAll();
    image->assign(bytes.constData(), static_cast<std::size_t>(bytes.size()));
    return true;
}

void reload(Call &call)
{
    ReloadOptions options;
    if (!readOptions(call, &options))
        return;
    std::string image, why;
    if (options.save)
        image = savedImage(call.host);
    else if (!readFile(call.host, &image, &why))
        return call.reply.error("ERR Error trying to load the RDB dump: " + why);
    if (options.flush)
        call.host.flush(-1, cay::Freeing::Now);
    cay::RdbLoadOptions load;
    load.replace = options.merge;
    cay::RdbLoadResult result;
    if (!cay::loadRdb(call.host, image, load, &result))
        return call.reply.error("ERR Error trying to load the RDB dump: " + result.why);
    call.reply.ok();
}

// The commands that make one database's keys again.
std::string rewritten(cay::Host &host, const cay::Db &db)
{
    std::string log;
    cay::LogWriter writer(log);
    db.forEach([&](const cay::Entry &entry) {
        host.type(entry.type()).rewrite(entry.key(), entry.value(), writer);
        if (!entry.hasExpiry())
            return;
        writer.begin(3);
        writer.argument("PEXPIREAT");
        writer.argument(entry.key());
        writer.argument(entry.expiry());
    });
    return log;
}

// Executes a log. False when a command of it failed; *why is then its reply.
bool replay(cay::Host &host, cay::Session &session, Bytes log, std::string *why)
{
    cay::resp::Input input;
    cay::resp::InputLimits limits;
    limits.maxBulk = std::numeric_limits<std::uint32_t>::max();
    std::vector<Bytes> args;
    bool good = true;
    input.lend(log);
    while (good && input.next(limits, true, &args) == cay::resp::Input::Status::Command) {
        const std::uint64_t errors = session.reply.errors();
        good = host.execute(session, args, session.reply) && session.reply.errors() == errors;
        if (!good)
            *why = std::string(args[0]) + ": " + std::string(session.reply.lastErrorCode());
        session.reply.buffer().clear();
        args.clear();
    }
    input.settle();
    return good;
}

// Through the log's form and back. FLUSHALL is one of the commands, so that a replica, which hears
// of all of them, does not end up with elements that are there twice.
void loadLog(Call &call)
{
    std::vector<std::string> logs;
    for (int i = 0; i < call.host.databases(); ++i)
        logs.push_back(rewritten(call.host, call.host.db(i)));
    cay::resp::OutputBuffer out;
    cay::Session *session = call.host.openInternal(out);
    std::string flush, why;
    cay::LogWriter(flush).command({"FLUSHALL", "SYNC"});
    bool good = replay(call.host, *session, flush, &why);
    for (int i = 0; good && i < call.host.databases(); ++i) {
        session->db = &call.host.db(i);
        good = replay(call.host, *session, logs[static_cast<std::size_t>(i)], &why);
    }
    call.host.closeInternal(session);
    good ? call.reply.ok() : call.reply.error("ERR Error trying to load the log: " + why);
}

constexpr Subcommand kSubcommands[] = {
    {"LOADAOF", 2, 2, loadLog, "",
     "Writes all data as the commands that make it, removes it, and executes them."},
    {"RELOAD", 2, kAnySize, reload, "[option ...]",
     "Writes all data as an RDB image, removes it, and loads the image. <option> is\n"
     "* MERGE: keys that are there already are replaced.\n"
     "* NOFLUSH: nothing is removed, and a key that is there already is an error.\n"
     "* NOSAVE: the image is the file that the option dbfilename names."},
};

} // namespace

std::span<const Subcommand> reloadSubcommands() { return kSubcommands; }

} // namespace debug
