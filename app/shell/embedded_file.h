// The file of an embedded store, and the lock on its directory.
//
//   *2 ECHO "cay store 1"    the format's name and version
//   *2 SELECT 0              a database, then its keys
//   *5 RESTORE key 1700000000000 payload ABSTTL
//   ...
//   *2 ECHO "end"            so that a file cut short is noticed
//
// Turned down: an RDB file, until the store has plugins that write one.
#pragma once

#include "store/bytes.h"

#include <cstdio>
#include <functional>
#include <string>

namespace cay::shell {

class DirectoryLock
{
public:
    DirectoryLock() = default;
    ~DirectoryLock();
    DirectoryLock(const DirectoryLock &) = delete;
    DirectoryLock &operator=(const DirectoryLock &) = delete;
    // False with the reason when another process has it. Held until destruction.
    bool take(const std::string &directory, std::string *why);

private:
    int m_descriptor = -1;
};

// Calls `run` with each encoded command of the file; it answers with what went wrong, or nothing. A
// missing file is an empty store. False with the reason: unreadable, cut short, not of this kind,
// or refused.
bool readStoreFile(const std::string &directory, std::string *why,
                   const std::function<std::string(Bytes)> &run);

// Writes beside the file and takes its place when all is written; without finish() the old one
// stays.
class StoreFileWriter
{
public:
    explicit StoreFileWriter(const std::string &directory);
    ~StoreFileWriter();
    StoreFileWriter(const StoreFileWriter &) = delete;
    StoreFileWriter &operator=(const StoreFileWriter &) = delete;

    void select(int database);
    // `expireAt` in Unix milliseconds, below 1 for none.
    void restore(Bytes key, std::int64_t expireAt, Bytes payload);
    bool finish(std::string *why);

private:
    void write(const std::string &encoded);

    std::string m_directory, m_fresh;
    std::FILE *m_file = nullptr;
    int m_failure = 0; // errno of the first write that failed
};

} // namespace cay::shell
