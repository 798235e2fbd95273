// Lines typed at a terminal, with history, completion and hints. libedit does the editing (BSD
// licence; GNU readline would put the GPL on the program).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace cay::shell {

struct Completion;

class Editor
{
public:
    struct Helpers
    {
        std::function<std::string()> prompt;
        std::function<std::string(const std::string &line)> hint;
        std::function<Completion(const std::string &line)> complete;
        std::function<void()> idle; // called now and then while nobody types; may be empty
    };

    // One per process. `historyFile` empty: the history is not kept.
    Editor(Helpers helpers, std::string historyFile);
    ~Editor();
    Editor(const Editor &) = delete;
    Editor &operator=(const Editor &) = delete;

    enum class Result : unsigned char { Line, Interrupted, End };
    Result read(std::string *line);
    // Puts a line into the history and, unless `keep` is false, into the file.
    void remember(const std::string &line, bool keep);

private:
    struct State;
    std::unique_ptr<State> m_state;
};

// CAY_HISTFILE, or ~/.cay_history; empty where there is neither, or for /dev/null.
std::string historyPath();

} // namespace cay::shell
