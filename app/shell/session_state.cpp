// What replies tell of the connection's state.
#include "resp/number.h"
#include "shell/session.h"
#include "shell/text.h"

namespace cay::shell {

using resp::ReplyView;
using Words = std::vector<std::string>;

void Session::noteReply(const Words &words, ReplyView reply)
{
    const std::string name = toLower(words[0]);
    const bool isQueued = m_inMulti && reply.text() == "QUEUED";
    if (name == "multi" || name == "exec" || name == "discard") {
        noteTransaction(name, reply);
        return;
    }
    if (reply.isError())
        return;
    if (name == "select" && words.size() == 2)
        noteSelection(words);
    else if (isQueued)
        return;
    else if (name == "auth")
        noteLogin(words);
    else if (name == "hello")
        noteHello(words);
    else if (name == "reset" && words.size() == 1)
        reset();
}

// Inside a transaction the database is shown at once and taken back when the transaction does not
// run.
void Session::noteSelection(const Words &words)
{
    std::int64_t number = 0;
    if (!resp::parseInteger(words[1], &number) || number < 0 || number > 1 << 30)
        return;
    if (m_selecting >= 0)
        m_previous.pop_back();
    else if (number != m_database)
        m_previous.push_back(m_database);
    setDatabase(static_cast<int>(number));
}

void Session::noteTransaction(const std::string &name, ReplyView reply)
{
    if (name == "multi") {
        if (reply.isError())
            return;
        m_inMulti = true;
        m_databaseBeforeMulti = m_database;
        return;
    }
    const bool ended = m_inMulti && (!reply.isError() || name == "exec");
    const bool ran = name == "exec" && !reply.isError() && !reply.isNull();
    if (ended && !ran)
        setDatabase(m_databaseBeforeMulti);
    if (ended)
        m_inMulti = false;
}

void Session::noteLogin(const Words &words)
{
    if (words.size() == 2)
        m_client.setCredentials({}, words[1]);
    else if (words.size() == 3)
        m_client.setCredentials(words[1], words[2]);
    if (m_interactive)
        loadDocs();
}

void Session::noteHello(const Words &words)
{
    if (words.size() > 1)
        m_client.setProtocol(words[1] == "3" ? 3 : 2);
    for (std::size_t i = 2; i + 2 < words.size(); ++i) {
        if (equalsIgnoringCase(words[i], "auth"))
            m_client.setCredentials(words[i + 1], words[i + 2]);
    }
}

void Session::reset()
{
    connected();
    m_previous.clear();
    setDatabase(0);
    m_client.setProtocol(0);
}

void Session::setDatabase(int database)
{
    m_database = database;
    m_client.setDatabase(database);
}

} // namespace cay::shell
