// The request parser: any cut of the stream gives the same commands, large arguments land in blocks
// of their own.
#include "resp/input.h"

#include <QtTest/QtTest>

#include <random>

using namespace cay;
using resp::Input;

namespace {

using Command = std::vector<std::string>;

std::string encode(const Command &command)
{
    std::string text = "*" + std::to_string(command.size()) + "\r\n";
    for (const std::string &arg : command)
        text += "$" + std::to_string(arg.size()) + "\r\n" + arg + "\r\n";
    return text;
}

struct Reader
{
    Input input;
    resp::InputLimits limits;
    std::vector<Command> commands;
    bool failed = false;

    // One turn: everything that is complete is taken, the rest settles.
    void turn(Bytes chunk)
    {
        input.lend(chunk);
        drain();
    }
    void drain()
    {
        std::vector<Bytes> args;
        for (;;) {
            args.clear();
            const auto status = input.next(limits, true, &args);
            failed |= status == Input::Status::Error;
            if (status != Input::Status::Command)
                break;
            commands.emplace_back(args.begin(), args.end());
        }
        input.settle();
    }
};

std::string errorOf(Bytes text, bool authenticated = true)
{
    Input input;
    input.lend(text);
    std::vector<Bytes> args;
    return input.next({}, authenticated, &args) == Input::Status::Error ? std::string(input.error())
                                                                        : "no error";
}

} // namespace

class TestInput : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void anyCutGivesTheSameCommands();
    void largeArgumentsAreReceivedDirectly();
    void aBlockCanBeTaken();
    void nulHidesTheLinesEnd();
    void errors_data();
    void errors();
    void limitsBeforeAuthentication();
    void idleInputHoldsNothing();
};

void TestInput::anyCutGivesTheSameCommands()
{
    std::mt19937 random(1);
    for (int round = 0; round < 60; ++round) {
        std::vector<Command> expected;
        std::string stream;
        for (int i = 0; i < 12; ++i) {
            Command command;
            const unsigned count = 1 + random() % 5;
            for (unsigned n = 0; n < count; ++n) {
                const std::size_t size = random() % 8 == 0 ? random() % 200'000 : random() % 40;
                command.emplace_back(size, static_cast<char>('a' + random() % 26));
            }
            stream += random() % 4 == 0 ? "*0\r\n\r\n" : "";
            if (random() % 6 == 0) {
                stream += "inline command\r\n";
                expected.push_back({"inline", "command"});
            }
            stream += encode(command);
            expected.push_back(std::move(command));
        }
        Reader reader;
        for (std::size_t at = 0; at < stream.size();) {
            const std::size_t most = round % 3 == 0 ? 3 : round % 3 == 1 ? 100 : 70'000;
            const std::size_t n = std::min<std::size_t>(1 + random() % most, stream.size() - at);
            const std::string chunk
                = stream.substr(at, n); // freed after the turn, as the receive buffer is
            reader.turn(chunk);
            at += n;
        }
        QVERIFY(!reader.failed);
        QVERIFY(reader.commands == expected);
        QCOMPARE(reader.input.unparsed(), std::size_t{0});
    }
}

void TestInput::largeArgumentsAreReceivedDirectly()
{
    const std::string value(3'000'000, 'v');
    const std::string stream = encode({"SET", "key", value, "EX", "10"});
    Reader reader;
    reader.turn(Bytes(stream).substr(0, 50'000));
    QVERIFY(reader.commands.empty());
    std::size_t at = 50'000;
    int turns = 0;
    for (std::span<char> room = reader.input.direct(); !room.empty();
         room = reader.input.direct(), ++turns) {
        const std::size_t n = std::min<std::size_t>(room.size(), 400'000);
        std::memcpy(room.data(), stream.data() + at, n);
        at += n;
        reader.input.commitDirect(n);
        reader.drain();
    }
    QVERIFY2(turns >= 7, "all but the beginning of the value");
    reader.turn(Bytes(stream).substr(at));
    QCOMPARE(reader.commands.size(), std::size_t{1});
    QVERIFY(reader.commands[0] == Command({"SET", "key", value, "EX", "10"}));
}

void TestInput::aBlockCanBeTaken()
{
    const std::string value(100'000, 'v');
    const std::string stream = encode({"SET", "key", value});
    Input input;
    std::vector<Bytes> args;
    input.lend(Bytes(stream).substr(0, 1000));
    QVERIFY(input.next({}, true, &args) == Input::Status::Incomplete);
    input.settle();
    input.lend(Bytes(stream).substr(1000));
    QVERIFY(input.next({}, true, &args) == Input::Status::Command);
    QVERIFY2(!input.take(args[1]), "a short argument has no block");
    store::StringBlock *block = input.take(args[2]);
    QVERIFY(block);
    QVERIFY2(!input.take(args[2]), "it is given away once");
    input.settle();
    QCOMPARE(block->text(), Bytes(value));
    block->release();
}

// As in Redis: the line is waited for until it is too long.
void TestInput::nulHidesTheLinesEnd()
{
    for (const char *start : {"PING", "*1", "*1\r\n$4"}) {
        Reader reader;
        std::string stream(start);
        stream.append("\0\r\nPING\r\n", 9);
        reader.turn(stream);
        QVERIFY(reader.commands.empty() && !reader.failed);
        reader.turn(std::string(70'000, 'x'));
        QVERIFY(reader.commands.empty() && reader.failed);
        QVERIFY(reader.input.error().find("too big") != Bytes::npos);
    }
}

void TestInput::errors_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("error");
    const auto row = [](const char *text, const char *error) {
        QTest::newRow(text) << QByteArray(text) << QByteArray("ERR Protocol error: ") + error;
    };
    row("*x\r\n", "invalid multibulk length");
    row("*99999999999\r\n", "invalid multibulk length");
    row("*1\r\n$-1\r\n", "invalid bulk length");
    row("*1\r\n$600000000\r\n", "invalid bulk length");
    row("*1\r\n$x\r\n", "invalid bulk length");
    row("*1\r\n$ 1\r\n", "invalid bulk length");
    row("*1\r\nGET\r\n", "expected '$', got 'G'");
    row("GET \"a\r\n", "unbalanced quotes in request");
}

void TestInput::errors()
{
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, error);
    QCOMPARE(errorOf(Bytes(text.data(), static_cast<std::size_t>(text.size()))),
             error.toStdString());
}

void TestInput::limitsBeforeAuthentication()
{
    QCOMPARE(errorOf("*11\r\n", false),
             std::string("ERR Protocol error: unauthenticated multibulk length"));
    QCOMPARE(errorOf("*1\r\n$16385\r\n", false),
             std::string("ERR Protocol error: unauthenticated bulk length"));
    QCOMPARE(errorOf("*10\r\n$16384\r\n", false), std::string("no error"));
    QCOMPARE(errorOf(std::string(70'000, 'x')),
             std::string("ERR Protocol error: too big inline request"));
    QCOMPARE(errorOf("*" + std::string(70'000, '1')),
             std::string("ERR Protocol error: too big mbulk count string"));
    QCOMPARE(errorOf("*1\r\n$" + std::string(70'000, '1')),
             std::string("ERR Protocol error: too big bulk count string"));
}

void TestInput::idleInputHoldsNothing()
{
    Reader reader;
    reader.turn(encode({"SET", "key", std::string(100'000, 'v')}));
    reader.turn(encode({"GET", "key"}));
    QVERIFY2(reader.input.capacity() < 2048, "no buffer while nothing is under way");
}

QTEST_APPLESS_MAIN(TestInput)
#include "tst_input.moc"
