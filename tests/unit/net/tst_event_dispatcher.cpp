// Each backend drives a thread of its own through what Qt expects of an event dispatcher; the
// test's own main loop runs on one as well.
#include "net/event_dispatcher.h"

#include <QtCore/QElapsedTimer>
#include <QtCore/QFile>
#include <QtCore/QProcess>
#include <QtCore/QTemporaryFile>
#include <QtCore/QThread>
#include <QtCore/QTimer>
#include <QtNetwork/QTcpServer>
#include <QtNetwork/QTcpSocket>
#include <QtTest/QtTest>

#include <sys/socket.h>
#include <unistd.h>

#include <source_location>

using namespace cay::net;

namespace {

// A thread with the backend's dispatcher runs `body`; its result is false when a check in it
// failed.
class Body : public QThread
{
public:
    Body(QAbstractEventDispatcher *dispatcher, std::function<bool()> body)
        : m_body(std::move(body))
    {
        if (dispatcher)
            setEventDispatcher(dispatcher);
    }
    bool ok = false;

protected:
    void run() override { ok = m_body(); }

private:
    std::function<bool()> m_body;
};

struct Pair
{
    Pair()
    {
        [[maybe_unused]] const int r = ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd);
    }
    ~Pair()
    {
        ::close(fd[0]);
        ::close(fd[1]);
    }
    void put(int end) { [[maybe_unused]] const ssize_t n = ::write(fd[end], "x", 1); }
    void take(int end)
    {
        char byte;
        [[maybe_unused]] const ssize_t n = ::read(fd[end], &byte, 1);
    }
    int fd[2];
};

// Runs the loop until `done` or five seconds are over.
bool runUntil(const std::function<bool()> &done)
{
    QElapsedTimer clock;
    clock.start();
    QTimer alarm;
    alarm.start(100);
    while (!done() && clock.elapsed() < 5000)
        QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
    return done();
}

// The checks below run in threads without a Qt Test context: they name their line and give the
// result.
bool holds(bool condition, std::source_location at = std::source_location::current())
{
    if (!condition)
        qWarning("line %u does not hold", static_cast<unsigned>(at.line()));
    return condition;
}

bool timersFireInOrder()
{
    std::string order;
    QEventLoop loop;
    QTimer::singleShot(30, Qt::PreciseTimer, [&] { order += 'c'; });
    QTimer::singleShot(0, [&] { order += 'a'; });
    QTimer::singleShot(10, Qt::CoarseTimer, [&] { order += 'b'; });
    QTimer::singleShot(60, Qt::VeryCoarseTimer, [&] { order += 'd'; });
    if (!holds(runUntil([&] { return order.size() == 4; })))
        return false;
    if (!holds(order.substr(0, 3) == "abc"))
        return false;
    return true;
}

bool periodicTimers()
{
    QTimer timer;
    int ticks = 0;
    QObject::connect(&timer, &QTimer::timeout, [&] {
        if (++ticks == 5)
            timer.stop();
    });
    QElapsedTimer clock;
    clock.start();
    timer.start(5);
    if (!holds(timer.remainingTime() >= 0 && timer.remainingTime() <= 5))
        return false;
    if (!holds(runUntil([&] { return ticks == 5; })))
        return false;
    if (!holds(clock.elapsed() >= 24))
        return false;
    QCoreApplication::processEvents();
    if (!holds(ticks == 5))
        return false;
    QObject object;
    const int id = object.startTimer(100000, Qt::VeryCoarseTimer);
    const auto list = QAbstractEventDispatcher::instance()->registeredTimers(&object);
    if (!holds(list.size() == 1 && list[0].timerId == id && list[0].interval == 100000))
        return false;
    object.killTimer(id);
    if (!holds(QAbstractEventDispatcher::instance()->registeredTimers(&object).isEmpty()))
        return false;
    if (!holds(QAbstractEventDispatcher::instance()->remainingTime(id) == -1))
        return false;
    return true;
}

bool nestedLoopDoesNotRepeatATimer()
{
    QTimer outer;
    int depth = 0, deepest = 0, calls = 0, inner = 0;
    QObject::connect(&outer, &QTimer::timeout, [&] {
        deepest = std::max(deepest, ++depth);
        ++calls;
        QEventLoop loop;
        QTimer::singleShot(20, &loop, [&] {
            ++inner;
            loop.quit();
        });
        loop.exec();
        --depth;
    });
    outer.start(1);
    if (!holds(runUntil([&] { return calls >= 2 && depth == 0; })))
        return false;
    if (!holds(deepest == 1))
        return false;
    if (!holds(inner >= 2))
        return false;
    return true;
}

bool timerDeletedInItsOwnEvent()
{
    auto *timer = new QTimer;
    bool gone = false;
    QObject::connect(timer, &QTimer::timeout, [&] {
        delete timer;
        gone = true;
    });
    timer->start(0);
    if (!holds(runUntil([&] { return gone; })))
        return false;
    return true;
}

bool notifiersReadAndWrite()
{
    Pair pair;
    int reads = 0, writes = 0;
    QSocketNotifier read(pair.fd[0], QSocketNotifier::Read);
    QSocketNotifier write(pair.fd[0], QSocketNotifier::Write);
    QObject::connect(&read, &QSocketNotifier::activated,
                     [&] { ++reads; }); // level: not taken on purpose
    QObject::connect(&write, &QSocketNotifier::activated, [&] {
        if (++writes == 3)
            write.setEnabled(false);
    });
    if (!holds(runUntil([&] { return writes == 3; })))
        return false;
    if (!holds(reads == 0))
        return false;
    pair.put(1);
    if (!holds(runUntil([&] { return reads >= 3; })))
        return false;
    if (!holds(writes == 3))
        return false;
    pair.take(0);
    QCoreApplication::processEvents();
    const int before = reads;
    QCoreApplication::processEvents();
    if (!holds(reads == before))
        return false;
    read.setEnabled(false);
    pair.put(1);
    QCoreApplication::processEvents();
    if (!holds(reads == before))
        return false;
    read.setEnabled(true);
    if (!holds(runUntil([&] { return reads > before; })))
        return false;
    ::shutdown(pair.fd[1], SHUT_RDWR);
    pair.take(0);
    const int hangUp = reads;
    if (!holds(runUntil([&] { return reads > hangUp; })))
        return false;
    return true;
}

bool notifierRemovedByAnother()
{
    Pair one, two;
    one.put(1);
    two.put(1);
    int calls = 0;
    auto *a = new QSocketNotifier(one.fd[0], QSocketNotifier::Read);
    auto *b = new QSocketNotifier(two.fd[0], QSocketNotifier::Read);
    const auto first = [&] {
        ++calls;
        delete a;
        delete b;
        a = b = nullptr;
    };
    QObject::connect(a, &QSocketNotifier::activated, first);
    QObject::connect(b, &QSocketNotifier::activated, first);
    if (!holds(runUntil([&] { return calls > 0; })))
        return false;
    QCoreApplication::processEvents();
    if (!holds(calls == 1))
        return false;
    return true;
}

bool regularFileIsAlwaysReady()
{
    QTemporaryFile file;
    if (!holds(file.open()))
        return false;
    int calls = 0;
    QSocketNotifier notifier(file.handle(), QSocketNotifier::Read);
    QObject::connect(&notifier, &QSocketNotifier::activated, [&] {
        if (++calls == 3)
            notifier.setEnabled(false);
    });
    if (!holds(runUntil([&] { return calls == 3; })))
        return false;
    return true;
}

bool postedAndQueued()
{
    QObject here;
    std::atomic<int> count = 0;
    QThread *other = QThread::create([&] {
        for (int i = 0; i < 1000; ++i)
            QMetaObject::invokeMethod(
                &here, [&] { ++count; }, Qt::QueuedConnection);
    });
    other->start();
    if (!holds(runUntil([&] { return count == 1000; })))
        return false;
    other->wait();
    delete other;
    QMetaObject::invokeMethod(
        &here,
        [&] {
            QMetaObject::invokeMethod(
                &here, [&] { ++count; }, Qt::QueuedConnection);
        },
        Qt::QueuedConnection);
    if (!holds(runUntil([&] { return count == 1001; })))
        return false;
    return true;
}

bool waitsInsteadOfSpinning()
{
    int passes = 0;
    QObject context;
    QObject::connect(QAbstractEventDispatcher::instance(), &QAbstractEventDispatcher::awake,
                     &context, [&] { ++passes; });
    QEventLoop loop;
    QTimer::singleShot(100, &loop, &QEventLoop::quit);
    loop.exec();
    if (!holds(passes < 20))
        return false;
    return true;
}

bool interruptFromAnotherThread()
{
    QEventLoop loop;
    QThread *other = QThread::create([&] {
        QThread::msleep(20);
        loop.quit(); // exit() is documented as thread-safe: it interrupts the dispatcher
    });
    other->start();
    loop.exec();
    other->wait();
    delete other;
    auto *dispatcher = QAbstractEventDispatcher::instance();
    dispatcher->wakeUp();
    dispatcher->processEvents(QEventLoop::WaitForMoreEvents); // returns: it was woken
    QThread *waker = QThread::create([=] {
        QThread::msleep(20);
        dispatcher->wakeUp();
    });
    waker->start();
    dispatcher->processEvents(QEventLoop::WaitForMoreEvents);
    waker->wait();
    delete waker;
    return true;
}

bool excludedSocketsWait()
{
    Pair pair;
    pair.put(1);
    int reads = 0, passes = 0;
    bool excluded = true;
    QSocketNotifier read(pair.fd[0], QSocketNotifier::Read);
    QObject::connect(&read, &QSocketNotifier::activated, [&] {
        ++reads;
        pair.take(0);
    });
    QObject context;
    QObject::connect(QAbstractEventDispatcher::instance(), &QAbstractEventDispatcher::awake,
                     &context, [&] { ++passes; });
    QTimer::singleShot(60, [&] { excluded = false; });
    while (excluded)
        QCoreApplication::processEvents(QEventLoop::ExcludeSocketNotifiers
                                        | QEventLoop::WaitForMoreEvents);
    if (!holds(reads == 0))
        return false;
    if (!holds(passes < 20))
        return false;
    if (!holds(runUntil([&] { return reads == 1; })))
        return false;
    return true;
}

bool nestedLoopsServeEverything()
{
    Pair pair;
    int reads = 0;
    bool posted = false, timed = false, deleted = false;
    QSocketNotifier read(pair.fd[0], QSocketNotifier::Read);
    QObject::connect(&read, &QSocketNotifier::activated, [&] {
        ++reads;
        pair.take(0);
    });
    QObject context;
    bool done = false;
    QTimer::singleShot(0, [&] {
        auto *victim = new QObject;
        QObject::connect(victim, &QObject::destroyed, [&] { deleted = true; });
        victim->deleteLater();
        pair.put(1);
        QTimer::singleShot(5, [&] { timed = true; });
        QMetaObject::invokeMethod(
            &context, [&] { posted = true; }, Qt::QueuedConnection);
        runUntil([&] { return reads == 1 && posted && timed; });
        done = true;
    });
    if (!holds(runUntil([&] { return done && deleted; })))
        return false;
    if (!holds(reads == 1 && posted && timed))
        return false;
    return true;
}

bool processEventsReturnsAtOnce()
{
    QTimer far;
    far.start(60000);
    for (int i = 0; i < 100; ++i)
        QCoreApplication::processEvents();
    QEventLoop loop;
    loop.processEvents(QEventLoop::AllEvents, 1);
    return true;
}

bool tcpRoundTrip()
{
    QTcpServer server;
    if (!holds(server.listen(QHostAddress::LocalHost)))
        return false;
    QByteArray got;
    QObject::connect(&server, &QTcpServer::newConnection, [&] {
        QTcpSocket *peer = server.nextPendingConnection();
        QObject::connect(peer, &QTcpSocket::readyRead, [peer] { peer->write(peer->readAll()); });
    });
    QTcpSocket client;
    QObject::connect(&client, &QTcpSocket::connected,
                     [&] { client.write(QByteArray(100000, 'x')); });
    QObject::connect(&client, &QTcpSocket::readyRead, [&] { got += client.readAll(); });
    client.connectToHost(QHostAddress::LocalHost, server.serverPort());
    if (!holds(runUntil([&] { return got.size() == 100000; })))
        return false;
    return true;
}

bool objectMovedBetweenThreads()
{
    // A worker with a timer and a notifier moves to a thread on another dispatcher of ours and goes
    // on there.
    QThread worker;
    worker.setEventDispatcher(EventDispatcher::create("epoll", nullptr));
    QObject *object = new QObject;
    auto *timer = new QTimer(object);
    std::atomic<int> here = 0, there = 0;
    QThread *self = QThread::currentThread();
    QObject::connect(timer, &QTimer::timeout, object,
                     [&, self] { ++(QThread::currentThread() == self ? here : there); });
    timer->start(2);
    if (!holds(runUntil([&] { return here >= 2; })))
        return false;
    object->moveToThread(&worker);
    const int before = here;
    worker.start();
    if (!holds(runUntil([&] { return there >= 2; })))
        return false;
    if (!holds(here == before))
        return false;
    QMetaObject::invokeMethod(
        object, [&] { delete object; }, Qt::BlockingQueuedConnection);
    worker.quit();
    worker.wait();
    return true;
}

struct FakeTurn final : Turn
{
    void waited() override { ++waits; }
    bool turn() override
    {
        ++turns;
        if (nested) {
            nested = false;
            QEventLoop loop;
            QTimer::singleShot(10, &loop, &QEventLoop::quit);
            const int before = turns;
            loop.exec();
            entered = turns != before;
        }
        return left > 0 && left-- > 0;
    }
    bool hasWork() const override { return left > 0; }
    int turns = 0, waits = 0, left = 0;
    bool nested = false, entered = false;
};

bool turnsAreNotEnteredTwice()
{
    auto *dispatcher = EventDispatcher::current();
    if (!dispatcher)
        return true; // a foreign one
    FakeTurn turn;
    dispatcher->setTurn(&turn);
    turn.nested = true;
    turn.left = 5;
    const bool ok = runUntil([&] { return turn.left == 0; });
    dispatcher->setTurn(nullptr);
    if (!holds(ok))
        return false;
    if (!holds(!turn.entered))
        return false;
    if (!holds(turn.waits >= turn.turns))
        return false;
    return true;
}

struct Case
{
    const char *name;
    bool (*body)();
};
constexpr Case kCases[] = {
    {"timers fire in order", timersFireInOrder},
    {"periodic timers", periodicTimers},
    {"nested loop does not repeat a timer", nestedLoopDoesNotRepeatATimer},
    {"timer deleted in its own event", timerDeletedInItsOwnEvent},
    {"notifiers read and write", notifiersReadAndWrite},
    {"notifier removed by another", notifierRemovedByAnother},
    {"regular file is always ready", regularFileIsAlwaysReady},
    {"posted and queued", postedAndQueued},
    {"waits instead of spinning", waitsInsteadOfSpinning},
    {"interrupt from another thread", interruptFromAnotherThread},
    {"excluded sockets wait", excludedSocketsWait},
    {"nested loops serve everything", nestedLoopsServeEverything},
    {"processEvents returns at once", processEventsReturnsAtOnce},
    {"tcp round trip", tcpRoundTrip},
    {"object moved between threads", objectMovedBetweenThreads},
    {"turns are not entered twice", turnsAreNotEnteredTwice},
};

} // namespace

class TestEventDispatcher : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void thread_data()
    {
        QTest::addColumn<QString>("backend");
        QTest::addColumn<int>("index");
        for (const char *backend : {"epoll", "uring", "notifier"}) {
            for (int i = 0; i < static_cast<int>(std::size(kCases)); ++i) {
                // Qt's dispatcher on GLib, which runs the last backend, delivers excluded
                // notifiers.
                if (kCases[i].body == excludedSocketsWait
                    || kCases[i].body == nestedLoopsServeEverything)
                    if (backend == std::string_view("notifier"))
                        continue;
                QTest::addRow("%s: %s", backend, kCases[i].name)
                    << QString::fromLatin1(backend) << i;
            }
        }
    }
    void thread()
    {
        QFETCH(QString, backend);
        QFETCH(int, index);
        QString note;
        const QByteArray name = backend.toLatin1();
        EventDispatcher *dispatcher = EventDispatcher::create(
            {name.constData(), static_cast<std::size_t>(name.size())}, &note);
        if (!note.isEmpty())
            QSKIP(qPrintable(note));
        QCOMPARE(dispatcher == nullptr, backend == QLatin1String("notifier"));
        Body body(dispatcher, kCases[index].body);
        body.start();
        QVERIFY(body.wait(20000));
        QVERIFY(body.ok);
    }

    void mainThread_data()
    {
        QTest::addColumn<int>("index");
        for (int i = 0; i < static_cast<int>(std::size(kCases)); ++i)
            QTest::addRow("%s", kCases[i].name) << i;
    }
    void mainThread()
    {
        QVERIFY(EventDispatcher::current());
        QFETCH(int, index);
        QVERIFY(kCases[index].body());
    }

    void childProcess()
    {
        QProcess process;
        process.start(QStringLiteral("echo"), {QStringLiteral("hello")});
        QSignalSpy finished(&process, &QProcess::finished);
        QTRY_COMPARE(finished.count(), 1);
        QCOMPARE(process.readAll(), QByteArray("hello\n"));
    }

    void unknownBackendsFallBack()
    {
        QString note;
        std::unique_ptr<EventDispatcher> dispatcher(EventDispatcher::create("auto", &note));
        QVERIFY(dispatcher);
        QVERIFY(note.isEmpty());
        QVERIFY(!EventDispatcher::create("notifier", &note));
    }
};

int main(int argc, char **argv)
{
    QCoreApplication::setEventDispatcher(EventDispatcher::create("auto", nullptr));
    QCoreApplication app(argc, argv);
    TestEventDispatcher test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_event_dispatcher.moc"
