#include "shell/editor.h"

#include "shell/assistant.h"
#include "shell/interrupt.h"
#include "shell/text.h"

#include <algorithm>
#include <cerrno>
#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <cwchar>
#include <fcntl.h>
#include <fstream>
#include <histedit.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace cay::shell {
namespace {

constexpr std::size_t kHistoryLines = 5000;
constexpr int kIdleMs = 50;          // between two calls of the idle helper
constexpr std::size_t kListed = 200; // completions shown at once

std::size_t terminalColumns()
{
    winsize size{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return 80;
}

bool canDrawHints()
{
    const char *terminal = std::getenv("TERM");
    return ::isatty(STDOUT_FILENO) && terminal && std::strcmp(terminal, "dumb") != 0;
}

void put(const std::string &text)
{
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
}

// As much of UTF-8 text as fits, never half a character.
std::string fitting(const std::string &text, std::size_t columns)
{
    std::size_t end = 0, used = 0;
    while (end < text.size()) {
        std::size_t next = end + 1;
        while (next < text.size() && (static_cast<unsigned char>(text[next]) & 0xc0) == 0x80)
            ++next;
        if (++used > columns)
            break;
        end = next;
    }
    return text.substr(0, end);
}

} // namespace

struct Editor::State
{
    Helpers helpers;
    std::string historyFile;
    std::string prompt;
    EditLine *line = nullptr;
    History *history = nullptr;
    bool interrupted = false;
    bool hintShown = false;

    static State *of(EditLine *editor)
    {
        void *data = nullptr;
        el_get(editor, EL_CLIENTDATA, &data);
        return static_cast<State *>(data);
    }
    std::string text() const
    {
        const LineInfo *info = el_line(line);
        return std::string(info->buffer, info->lastchar);
    }
    bool cursorAtEnd() const
    {
        const LineInfo *info = el_line(line);
        return info->cursor == info->lastchar;
    }

    void showHint();
    void eraseHint();
    int readKey(wchar_t *key);
    int waitForByte(char *byte);
    unsigned char complete();
    void list(const std::vector<std::string> &candidates);
    void loadHistory();
    void appendToFile(const std::string &text) const;

    static char *promptOf(EditLine *editor) { return of(editor)->prompt.data(); }
    static int keyOf(EditLine *editor, wchar_t *key) { return of(editor)->readKey(key); }
    static unsigned char completeIn(EditLine *editor, int) { return of(editor)->complete(); }
};

// Drawn behind the cursor just before waiting for a key, when libedit has drawn its line, and
// erased before libedit hears of the key, so that it never knows.
void Editor::State::showHint()
{
    const std::string typed = text();
    if (typed.empty() || !cursorAtEnd() || !helpers.hint || !canDrawHints())
        return;
    const std::size_t columns = terminalColumns();
    const std::size_t used = displayWidth(prompt) + displayWidth(typed);
    if (used + 1 >= columns)
        return; // the line has wrapped
    const std::string hint = fitting(helpers.hint(typed), columns - used - 1);
    if (hint.empty())
        return;
    put("\x1b"
        "7\x1b[2m"
        + hint
        + "\x1b[0m\x1b"
          "8");
    hintShown = true;
}

void Editor::State::eraseHint()
{
    if (hintShown)
        put("\x1b[K");
    hintShown = false;
}

int Editor::State::waitForByte(char *byte)
{
    for (;;) {
        const Waited waited = waitReadable(STDIN_FILENO, helpers.idle ? kIdleMs : -1);
        if (waited == Waited::Timeout)
            helpers.idle();
        if (waited == Waited::Failed)
            return -1;
        if (waited == Waited::Interrupted && takeInterrupt()) {
            interrupted = true;
            return -1;
        }
        if (waited != Waited::Ready)
            continue;
        const ssize_t n = ::read(STDIN_FILENO, byte, 1);
        if (n >= 0 || errno != EINTR)
            return static_cast<int>(n);
    }
}

// libedit's way to get a character: 1 with one, 0 at the end of the input, -1 for an error.
int Editor::State::readKey(wchar_t *key)
{
    std::fflush(stdout);
    showHint();
    std::mbstate_t state{};
    char byte = 0;
    int got;
    while ((got = waitForByte(&byte)) == 1) {
        const std::size_t n = std::mbrtowc(key, &byte, 1, &state);
        if (n == static_cast<std::size_t>(-2))
            continue; // more bytes of this character follow
        if (n == static_cast<std::size_t>(-1))
            *key = static_cast<unsigned char>(byte);
        if (n == 0)
            *key = 0;
        break;
    }
    eraseHint();
    return got;
}

unsigned char Editor::State::complete()
{
    if (!helpers.complete || !cursorAtEnd())
        return CC_ERROR;
    const std::string typed = text();
    const Completion completion = helpers.complete(typed);
    if (completion.candidates.empty())
        return CC_ERROR;
    const std::string have = typed.substr(completion.begin);
    std::string wanted = commonPrefix(completion.candidates);
    if (completion.candidates.size() == 1)
        wanted += ' ';
    if (wanted.size() <= have.size()) {
        list(completion.candidates);
        return CC_REDISPLAY;
    }
    // The word is written anew, in the candidates' case.
    el_deletestr(line, static_cast<int>(displayWidth(have)));
    el_insertstr(line, wanted.c_str());
    return CC_REFRESH;
}

void Editor::State::list(const std::vector<std::string> &candidates)
{
    std::size_t width = 0;
    for (const std::string &candidate : candidates)
        width = std::max(width, candidate.size() + 2);
    const std::size_t perLine = std::max<std::size_t>(1, terminalColumns() / width);
    std::string out = "\n";
    const std::size_t shown = std::min(candidates.size(), kListed);
    for (std::size_t i = 0; i < shown; ++i) {
        out += candidates[i];
        const bool last = i + 1 == shown || (i + 1) % perLine == 0;
        out += last ? "\n" : std::string(width - candidates[i].size(), ' ');
    }
    if (shown < candidates.size())
        out += "... and " + std::to_string(candidates.size() - shown) + " more\n";
    put(out);
}

void Editor::State::loadHistory()
{
    if (historyFile.empty())
        return;
    std::ifstream file(historyFile);
    std::vector<std::string> lines;
    for (std::string text; std::getline(file, text);) {
        if (!text.empty())
            lines.push_back(text);
    }
    file.close();
    const std::size_t first = lines.size() > kHistoryLines ? lines.size() - kHistoryLines : 0;
    HistEvent event;
    for (std::size_t i = first; i < lines.size(); ++i)
        ::history(history, &event, H_ENTER, lines[i].c_str());
    if (first < kHistoryLines)
        return;
    // Twice as long as what is kept: written anew.
    const std::string fresh = historyFile + ".new";
    std::ofstream out(fresh, std::ios::trunc);
    ::chmod(fresh.c_str(), S_IRUSR | S_IWUSR);
    for (std::size_t i = first; i < lines.size(); ++i)
        out << lines[i] << '\n';
    out.close();
    if (out)
        std::rename(fresh.c_str(), historyFile.c_str());
}

void Editor::State::appendToFile(const std::string &text) const
{
    if (historyFile.empty())
        return;
    const int fd
        = ::open(historyFile.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (fd < 0)
        return;
    // One write, so that shells that share the file do not mix their lines.
    const std::string whole = text + "\n";
    static_cast<void>(!::write(fd, whole.data(), whole.size()));
    ::close(fd);
}

Editor::Editor(Helpers helpers, std::string historyFile)
    : m_state(std::make_unique<State>())
{
    std::setlocale(LC_CTYPE, "");
    m_state->helpers = std::move(helpers);
    m_state->historyFile = std::move(historyFile);
    m_state->line = el_init("cay", stdin, stdout, stderr);
    m_state->history = history_init();
    HistEvent event;
    history(m_state->history, &event, H_SETSIZE, static_cast<int>(kHistoryLines));
    history(m_state->history, &event, H_SETUNIQUE, 1);
    EditLine *line = m_state->line;
    el_set(line, EL_CLIENTDATA, m_state.get());
    el_set(line, EL_PROMPT, &State::promptOf);
    el_set(line, EL_EDITOR, "emacs");
    el_set(line, EL_HIST, history, m_state->history);
    el_set(line, EL_GETCFN, &State::keyOf);
    el_set(line, EL_ADDFN, "cay-complete", "Complete a command or an option", &State::completeIn);
    el_set(line, EL_BIND, "^I", "cay-complete", nullptr);
    el_set(line, EL_BIND, "^R", "em-inc-search-prev", nullptr);
    el_set(line, EL_BIND, "\\e[3~", "ed-delete-next-char", nullptr);
    el_set(line, EL_BIND, "\\e[1;5C", "em-next-word", nullptr);
    el_set(line, EL_BIND, "\\e[1;5D", "ed-prev-word", nullptr);
    el_source(line, nullptr); // the user's ~/.editrc
    m_state->loadHistory();
}

Editor::~Editor()
{
    el_end(m_state->line);
    history_end(m_state->history);
}

Editor::Result Editor::read(std::string *line)
{
    m_state->prompt = m_state->helpers.prompt();
    m_state->interrupted = false;
    int count = 0;
    const char *text = el_gets(m_state->line, &count);
    if (m_state->interrupted) {
        el_reset(m_state->line);
        put("\n");
        return Result::Interrupted;
    }
    if (!text || count <= 0)
        return Result::End;
    line->assign(text, static_cast<std::size_t>(count));
    while (!line->empty() && (line->back() == '\n' || line->back() == '\r'))
        line->pop_back();
    return Result::Line;
}

void Editor::remember(const std::string &line, bool keep)
{
    HistEvent event;
    history(m_state->history, &event, H_ENTER, line.c_str());
    if (keep)
        m_state->appendToFile(line);
}

std::string historyPath()
{
    if (const char *path = std::getenv("CAY_HISTFILE"))
        return std::strcmp(path, "/dev/null") == 0 ? std::string() : std::string(path);
    const char *home = std::getenv("HOME");
    return home && *home ? std::string(home) + "/.cay_history" : std::string();
}

} // namespace cay::shell
