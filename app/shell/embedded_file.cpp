#include "shell/embedded_file.h"

#include "resp/reply_parser.h"
#include "resp/request_writer.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace cay::shell {

namespace {

constexpr Bytes kName = "cay store 1";
constexpr Bytes kEnd = "end";
constexpr std::size_t kReadSize = 64 * 1024;

std::string dataFile(const std::string &directory) { return directory + "/store.resp"; }

std::string encode(std::initializer_list<Bytes> words)
{
    std::string out;
    resp::appendCommand(&out, words);
    return out;
}

// The commands of the file, one after another; they have the shape of replies, so the same parser
// reads them.
class StoreFileReader
{
public:
    StoreFileReader(std::FILE *file, const std::function<std::string(Bytes)> &run)
        : m_file(file)
        , m_run(run)
    {}

    // What went wrong, or nothing.
    std::string read()
    {
        char buffer[kReadSize];
        for (std::size_t n; (n = std::fread(buffer, 1, sizeof buffer, m_file)) > 0;) {
            Bytes bytes(buffer, n);
            while (!bytes.empty()) {
                std::size_t used = 0;
                const auto status = m_parser.feed(bytes, &used);
                bytes.remove_prefix(used);
                if (status == resp::ReplyParser::Status::Failed)
                    return "is damaged: " + m_parser.error();
                if (status == resp::ReplyParser::Status::More)
                    continue;
                if (std::string problem = take(m_parser.reply().root()); !problem.empty())
                    return problem;
            }
        }
        if (std::ferror(m_file))
            return std::strerror(errno);
        return m_ended ? std::string() : "is cut short";
    }

private:
    std::string take(resp::ReplyView command)
    {
        std::vector<std::string> words;
        for (const resp::ReplyView word : command)
            words.emplace_back(word.text());
        if (m_first && (words.size() != 2 || words[0] != "ECHO" || words[1] != kName))
            return "is not the file of a store that this version reads";
        const bool isRestore = words.size() == 5 && words[0] == "RESTORE";
        const bool isSelect = words.size() == 2 && words[0] == "SELECT";
        m_ended = !m_first && words.size() == 2 && words[0] == "ECHO" && words[1] == kEnd;
        if (!m_first && !m_ended && !isRestore && !isSelect)
            return "is damaged: it holds a command that does not belong there";
        m_first = false;
        if (!isRestore && !isSelect)
            return {};
        std::string encoded;
        resp::appendCommand(&encoded, words);
        const std::string refused = m_run(encoded);
        return refused.empty() ? refused : "could not be loaded: " + refused;
    }

    std::FILE *m_file;
    const std::function<std::string(Bytes)> &m_run;
    resp::ReplyParser m_parser;
    bool m_first = true, m_ended = false;
};

} // namespace

DirectoryLock::~DirectoryLock()
{
    if (m_descriptor >= 0)
        ::close(m_descriptor);
}

bool DirectoryLock::take(const std::string &directory, std::string *why)
{
    const std::string file = directory + "/lock";
    m_descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (m_descriptor >= 0 && ::flock(m_descriptor, LOCK_EX | LOCK_NB) == 0)
        return true;
    *why = errno == EWOULDBLOCK ? "another process has the store in " + directory + " open"
                                : file + ": " + std::strerror(errno);
    return false;
}

bool readStoreFile(const std::string &directory, std::string *why,
                   const std::function<std::string(Bytes)> &run)
{
    const std::string name = dataFile(directory);
    std::FILE *file = std::fopen(name.c_str(), "rbe");
    if (!file) {
        *why = name + ": " + std::strerror(errno);
        return errno == ENOENT;
    }
    const std::string problem = StoreFileReader(file, run).read();
    std::fclose(file);
    *why = name + " " + problem;
    return problem.empty();
}

StoreFileWriter::StoreFileWriter(const std::string &directory)
    : m_directory(directory)
    , m_fresh(dataFile(directory) + ".new")
{
    const int descriptor = ::open(m_fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    m_file = descriptor >= 0 ? ::fdopen(descriptor, "wb") : nullptr;
    if (!m_file)
        m_failure = errno;
    write(encode({"ECHO", kName}));
}

StoreFileWriter::~StoreFileWriter()
{
    if (m_file) {
        std::fclose(m_file);
        ::unlink(m_fresh.c_str());
    }
}

void StoreFileWriter::write(const std::string &encoded)
{
    if (m_failure == 0 && std::fwrite(encoded.data(), 1, encoded.size(), m_file) != encoded.size())
        m_failure = errno;
}

void StoreFileWriter::select(int database) { write(encode({"SELECT", std::to_string(database)})); }

void StoreFileWriter::restore(Bytes key, std::int64_t expireAt, Bytes payload)
{
    const std::string expiry = std::to_string(expireAt > 0 ? expireAt : 0);
    write(encode({"RESTORE", key, expiry, payload, "ABSTTL"}));
}

bool StoreFileWriter::finish(std::string *why)
{
    write(encode({"ECHO", kEnd}));
    if (m_failure == 0 && (std::fflush(m_file) != 0 || ::fsync(::fileno(m_file)) != 0))
        m_failure = errno;
    if (m_file)
        std::fclose(m_file);
    m_file = nullptr;
    if (m_failure == 0 && std::rename(m_fresh.c_str(), dataFile(m_directory).c_str()) != 0)
        m_failure = errno;
    if (m_failure != 0) {
        *why = m_fresh + ": " + std::strerror(m_failure);
        ::unlink(m_fresh.c_str());
        return false;
    }
    // The new name must survive a power cut too.
    const int folder = ::open(m_directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder >= 0) {
        ::fsync(folder);
        ::close(folder);
    }
    return true;
}

} // namespace cay::shell
