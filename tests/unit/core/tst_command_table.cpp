#include "core/command_table.h"

#include <QtTest/QtTest>

using namespace cay;
using namespace cay::core;

class TestCommandTable : public QObject
{
    Q_OBJECT

private slots:
    void findsInAnyCase();
    void everyLengthIsFound();
    void almostTheSameIsNotFound();
    void subcommands();
    void subcommandsOfOtherPlugins();
    void duplicateIsRefused();
    void removeAndReuse();
    void rename();
    void agreesWithAMap();
};

namespace {

std::unique_ptr<Command> make(const std::string &name, const std::string &plugin = "p")
{
    auto command = std::make_unique<Command>();
    command->name = command->fullName = name;
    command->plugin = plugin;
    return command;
}

bool add(CommandTable &table, const std::vector<std::string> &names,
         const std::string &plugin = "p")
{
    std::vector<std::unique_ptr<Command>> commands;
    for (const std::string &name : names)
        commands.push_back(make(name, plugin));
    std::string why;
    return table.add(std::move(commands), &why);
}

std::string upper(std::string text)
{
    for (char &c : text)
        c = c >= 'a' && c <= 'z' ? char(c - 32) : c;
    return text;
}

} // namespace

void TestCommandTable::findsInAnyCase()
{
    CommandTable table;
    QVERIFY(add(table, {"get", "set", "georadiusbymember_ro", "json.arrappend"}));
    for (const char *name : {"get", "GET", "gEt", "SET", "GeoRadiusByMember_RO", "JSON.ARRAPPEND"})
        QVERIFY2(table.find(Bytes(name)), name);
    for (const char *name : {"", "ge", "gett", "json.arrappen", "georadiusbymember_rox"})
        QVERIFY2(!table.find(Bytes(name)), name);
}

void TestCommandTable::everyLengthIsFound()
{
    CommandTable table;
    std::vector<std::string> names;
    for (std::size_t size = 1; size <= 40; ++size) {
        std::string name;
        for (std::size_t i = 0; i < size; ++i)
            name += static_cast<char>('a' + (i * 7 + size) % 26);
        names.push_back(name);
    }
    QVERIFY(add(table, names));
    for (const std::string &name : names) {
        const Command *found = table.find(Bytes(upper(name)));
        QVERIFY2(found && found->name == name, name.c_str());
        std::string other = name;
        other.back() = '!';
        QVERIFY(!table.find(Bytes(other)));
    }
}

void TestCommandTable::almostTheSameIsNotFound()
{
    CommandTable table;
    QVERIFY(add(table, {"get", "a@", "a[", "z{"}));
    QVERIFY(!table.find(Bytes("get\0", 4)));
    QVERIFY(!table.find(Bytes("\0get", 4)));
    QVERIFY(!table.find(Bytes("a`")));
    QVERIFY(!table.find(Bytes("Z[")));
    QVERIFY(table.find(Bytes("A@")) && table.find(Bytes("A[")) && table.find(Bytes("Z{")));
    QVERIFY(!table.find(Bytes("\xc7\xc5\xd4")));
}

void TestCommandTable::subcommands()
{
    auto client = make("client");
    for (const char *name : {"id", "kill", "list"}) {
        auto child = make(name);
        child->parent = client.get();
        client->subcommands.push_back(child.get());
        client->children.push_back(std::move(child));
    }
    std::vector<std::unique_ptr<Command>> commands;
    commands.push_back(std::move(client));
    CommandTable table;
    std::string why;
    QVERIFY(table.add(std::move(commands), &why));
    const Bytes kill[] = {"CLIENT", "KILL", "x"}, unknown[] = {"client", "nope"},
                alone[] = {"client"};
    QCOMPARE(table.find(kill)->name, "kill");
    QCOMPARE(table.find(kill)->parentCommand()->name, "client");
    QCOMPARE(table.find(unknown)->name, "client");
    QCOMPARE(table.find(alone)->name, "client");
    QCOMPARE(table.idLimit(), 4u);
    QVERIFY(!table.find(std::span<const Bytes>()));
}

// A container with one subcommand of its own, or (as an extension) what another plugin adds.
static std::unique_ptr<Command> container(const std::string &child, const std::string &plugin)
{
    auto command = make("client", plugin);
    auto sub = make(child, plugin);
    sub->fullName = "client|" + child;
    sub->parent = command.get();
    command->subcommands.push_back(sub.get());
    command->children.push_back(std::move(sub));
    return command;
}

static bool addContainer(CommandTable &table, const std::string &child, const std::string &plugin,
                         bool isExtension)
{
    std::vector<std::unique_ptr<Command>> commands;
    commands.push_back(container(child, plugin));
    commands.back()->isExtension = isExtension;
    std::string why;
    return table.add(std::move(commands), &why);
}

void TestCommandTable::subcommandsOfOtherPlugins()
{
    CommandTable table;
    QVERIFY(!addContainer(table, "tracking", "tracking", true)); // there is no CLIENT yet
    QVERIFY(addContainer(table, "list", "connection", false));
    QVERIFY(addContainer(table, "caching", "tracking", true));
    QVERIFY(!addContainer(table, "list", "tracking", true)); // taken
    const Bytes args[] = {"CLIENT", "CACHING"};
    Command *caching = table.find(args);
    QVERIFY(caching && caching->fullName == "client|caching");
    QCOMPARE(caching->parent, table.find("client"));
    QCOMPARE(table.find("client")->subcommands.size(), std::size_t{2});
    QCOMPARE(table.find("client")->subcommands[0], caching);
    QCOMPARE(table.byId(caching->id), caching);

    const auto removed = table.remove("tracking");
    QCOMPARE(removed.size(), std::size_t{1});
    QCOMPARE(table.find(args), table.find("client"));
    QCOMPARE(table.find("client")->subcommands.size(), std::size_t{1});
}

void TestCommandTable::duplicateIsRefused()
{
    CommandTable table;
    QVERIFY(add(table, {"get"}, "one"));
    std::vector<std::unique_ptr<Command>> commands;
    commands.push_back(make("other", "two"));
    commands.push_back(make("get", "two"));
    std::string why;
    QVERIFY(!table.add(std::move(commands), &why));
    QCOMPARE(why, "command 'get' of plugin 'two' is already provided by plugin 'one'");
    QVERIFY(!table.find(Bytes("other")));
}

void TestCommandTable::removeAndReuse()
{
    CommandTable table;
    QVERIFY(add(table, {"a", "b"}, "one"));
    QVERIFY(add(table, {"c", "d"}, "two"));
    const std::uint16_t id = table.find(Bytes("a"))->id;
    const auto removed = table.remove("one");
    QCOMPARE(removed.size(), 2u);
    QVERIFY(!table.find(Bytes("a")) && table.find(Bytes("c")));
    QVERIFY(!table.byId(id));
    QCOMPARE(table.commands().size(), 2u);
    QVERIFY(add(table, {"e"}, "three"));
    QCOMPARE(table.find(Bytes("e"))->id, id);
    QCOMPARE(table.byId(id)->name, "e");
    QCOMPARE(table.idLimit(), 4u);
}

void TestCommandTable::rename()
{
    CommandTable table;
    QVERIFY(add(table, {"config", "flushall", "get"}));
    const std::string secret(40, 'S');
    std::string why;
    QVERIFY(table.rename("CONFIG", secret, &why));
    QVERIFY(!table.find(Bytes("config")));
    QCOMPARE(table.find(Bytes(secret))->name, "config");
    QVERIFY(table.rename("flushall", "", &why));
    QVERIFY(!table.find(Bytes("flushall")));
    QCOMPARE(table.commands().size(), 2u);
    QVERIFY(!table.rename("nope", "x", &why));
    QCOMPARE(why, "No such command in rename-command");
    QVERIFY(!table.rename(secret, "get", &why));
    QCOMPARE(why, "Target command name already exists");
    table.remove("p");
    QVERIFY(!table.find(Bytes(secret)));
}

void TestCommandTable::agreesWithAMap()
{
    CommandTable table;
    std::vector<std::string> names;
    std::uint32_t seed = 12345;
    const auto next = [&seed] { return seed = seed * 1664525 + 1013904223; };
    for (int i = 0; i < 2000; ++i) {
        std::string name = std::to_string(i);
        for (std::uint32_t n = next() >> 28; n; --n)
            name += static_cast<char>('a' + (next() >> 24) % 26);
        names.push_back(name);
    }
    QVERIFY(add(table, names));
    for (const std::string &name : names) {
        QCOMPARE(table.find(Bytes(upper(name)))->name, name);
        QVERIFY(!table.find(Bytes(name + "-")));
    }
}

QTEST_APPLESS_MAIN(TestCommandTable)
#include "tst_command_table.moc"
