// Signals of the process: what ends it, what reopens the log, what is ignored.
#pragma once

#include <QtCore/QObject>

#include <memory>
#include <string>

class QSocketNotifier;

namespace cay::server {

// One per process, made before the event loop runs. A handler only writes a byte into a pipe; the
// rest happens in the loop. A second SIGINT or SIGTERM ends the process at once, whatever the loop
// is doing.
class SignalWatcher : public QObject
{
    Q_OBJECT

public:
    explicit SignalWatcher(QObject *parent = nullptr);
    ~SignalWatcher() override;

    // Handlers in place; SIGPIPE, and the SIGHUP of a terminal that goes, no longer end the
    // process. Called before threads are made. Signals that come before the loop runs are kept.
    static void install();
    // Removed by the second signal. Copied.
    static void setPidFile(const std::string &path);

Q_SIGNALS:
    void terminate(int signal); // SIGINT or SIGTERM
    void hangUp();

private:
    void readPipe();

    std::unique_ptr<QSocketNotifier> m_notifier;
};

} // namespace cay::server
