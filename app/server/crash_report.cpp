#include "server/crash_report.h"

#include "cay/version.h"
#include "core/log.h"
#include "server/elf_symbols.h"

#include <array>
#include <atomic>
#include <csignal>
#include <cstring>
#include <dlfcn.h>
#include <execinfo.h>
#include <ucontext.h>
#include <unistd.h>

namespace cay::server {

namespace {

constexpr std::array kSignals{SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
constexpr int kMaxFrames = 100;
constexpr std::size_t kStackSize = 256 * 1024; // backtrace() and dladdr() are not modest

std::atomic_flag g_reporting = ATOMIC_FLAG_INIT;
std::atomic<bool> g_exits = false;
alignas(64) std::array<char, kStackSize> g_stack;

// Text for write(), collected line by line. Async-signal-safe.
class SafeWriter
{
public:
    explicit SafeWriter(int fd)
        : m_fd(fd)
    {}
    ~SafeWriter() { flush(); }

    SafeWriter &text(const char *p)
    {
        while (p && *p)
            put(*p++);
        return *this;
    }
    SafeWriter &hex(std::uint64_t n, int digits = 1)
    {
        for (int shift = 60; shift >= 0; shift -= 4) {
            if (shift < digits * 4 || n >> shift)
                put("0123456789abcdef"[n >> shift & 15]);
        }
        return *this;
    }
    SafeWriter &decimal(long n)
    {
        if (n < 0)
            put('-');
        std::array<char, 24> digits{};
        std::size_t at = digits.size() - 1;
        unsigned long rest
            = n < 0 ? 0ul - static_cast<unsigned long>(n) : static_cast<unsigned long>(n);
        do {
            digits[--at] = static_cast<char>('0' + rest % 10);
        } while ((rest /= 10) > 0);
        return text(&digits[at]);
    }
    void flush()
    {
        for (std::size_t at = 0; at < m_used;) {
            const ssize_t n = write(m_fd, m_buffer.data() + at, m_used - at);
            if (n <= 0)
                break;
            at += static_cast<std::size_t>(n);
        }
        m_used = 0;
    }

private:
    void put(char c)
    {
        if (m_used == m_buffer.size())
            flush();
        m_buffer[m_used++] = c;
    }

    int m_fd;
    std::size_t m_used = 0;
    std::array<char, 1024> m_buffer;
};

void writeName(void *context, const char *name, std::uint64_t offset)
{
    static_cast<SafeWriter *>(context)->text(name).text("+0x").hex(offset).text(")");
}

void writeFrame(SafeWriter &out, int index, void *address)
{
    out.text("#").decimal(index).text(index < 10 ? "  0x" : " 0x").hex(std::uint64_t(address), 12);
    Dl_info info{};
    if (dladdr(address, &info) && info.dli_fname) {
        const char *slash = std::strrchr(info.dli_fname, '/');
        const std::uint64_t offset = std::uint64_t(address) - std::uint64_t(info.dli_fbase);
        out.text(" ").text(slash ? slash + 1 : info.dli_fname).text("(");
        // The file knows more names than those that are exported, and where each function ends.
        if (!findElfSymbol(info.dli_fname, offset, writeName, &out)) {
            const void *base = info.dli_sname ? info.dli_saddr : info.dli_fbase;
            writeName(&out, info.dli_sname, std::uint64_t(address) - std::uint64_t(base));
        }
    }
    out.text("\n");
}

std::uint64_t instructionOf(const ucontext_t *context)
{
#if defined(__linux__) && defined(__x86_64__)
    return std::uint64_t(context->uc_mcontext.gregs[REG_RIP]);
#elif defined(__linux__) && defined(__aarch64__)
    return context->uc_mcontext.pc;
#else
    (void)context;
    return 0;
#endif
}

void writeRegisters(SafeWriter &out, const ucontext_t *context)
{
    out.text("\n------ REGISTERS ------\n");
#if defined(__linux__) && defined(__x86_64__)
    struct Register
    {
        const char *name;
        int index;
    };
    static constexpr std::array<Register, 18> kRegisters{{
        {"RAX:", REG_RAX},
        {"RBX:", REG_RBX},
        {"RCX:", REG_RCX},
        {"RDX:", REG_RDX},
        {"RDI:", REG_RDI},
        {"RSI:", REG_RSI},
        {"RBP:", REG_RBP},
        {"RSP:", REG_RSP},
        {"R8 :", REG_R8},
        {"R9 :", REG_R9},
        {"R10:", REG_R10},
        {"R11:", REG_R11},
        {"R12:", REG_R12},
        {"R13:", REG_R13},
        {"R14:", REG_R14},
        {"R15:", REG_R15},
        {"RIP:", REG_RIP},
        {"EFL:", REG_EFL},
    }};
    for (std::size_t i = 0; i < kRegisters.size(); ++i) {
        out.text(kRegisters[i].name)
            .hex(std::uint64_t(context->uc_mcontext.gregs[kRegisters[i].index]), 16);
        out.text(i % 4 == 3 ? "\n" : " ");
    }
#elif defined(__linux__) && defined(__aarch64__)
    for (int i = 0; i < 31; ++i) {
        out.text("X").decimal(i).text(":").hex(context->uc_mcontext.regs[i], 16);
        out.text(i % 4 == 3 ? "\n" : " ");
    }
    out.text("PC:").hex(context->uc_mcontext.pc, 16);
#else
    (void)context;
    out.text("not known on this machine");
#endif
    out.text("\n");
}

void writeReport(int number, const siginfo_t *info, const ucontext_t *context)
{
    SafeWriter out(core::logDescriptor());
    out.text("\n\n=== CAY BUG REPORT START: Cut & paste starting from here ===\n").flush();
    out.decimal(getpid())
        .text(":signal-handler # Cay ")
        .text(kCayVersion.data())
        .text(" crashed by signal: ");
    out.decimal(number).text(", si_code: ").decimal(info->si_code).text("\n");
    if (info->si_code <= 0) // kill() and its kin: there is a sender, and no address
        out.text("# Killed by PID: ")
            .decimal(info->si_pid)
            .text(", UID: ")
            .decimal(info->si_uid)
            .text("\n");
    else
        out.text("# Accessing address: 0x").hex(std::uint64_t(info->si_addr)).text("\n");
    const std::uint64_t instruction = instructionOf(context);
    if (instruction)
        out.text("# Crashed running the instruction at: 0x").hex(instruction).text("\n");
    out.text("\n------ STACK TRACE ------\n").flush();
    std::array<void *, kMaxFrames> frames;
    const int count = backtrace(frames.data(), kMaxFrames);
    // The frames above the one that crashed are this handler's own.
    int first = 0;
    for (int i = 0; i < count; ++i) {
        if (instruction && std::uint64_t(frames[std::size_t(i)]) == instruction)
            first = i;
    }
    for (int i = first; i < count; ++i)
        writeFrame(out, i - first, frames[std::size_t(i)]);
    out.flush();
    writeRegisters(out, context);
    out.text("\n=== CAY BUG REPORT END. Make sure to include from START to END. ===\n\n"
             "       Please report the crash with the lines above and what led to it.\n\n");
}

void handleCrash(int number, siginfo_t *info, void *context)
{
    // A second thread that crashes meanwhile waits for the first one's report to end the process.
    if (g_reporting.test_and_set()) {
        sleep(10);
        _exit(1);
    }
    writeReport(number, info, static_cast<const ucontext_t *>(context));
    if (g_exits && number == SIGABRT)
        _exit(1);
    // SA_RESETHAND: the default action is back in place, and ends the process with this signal.
    raise(number);
}

} // namespace

void exitAfterCrashReport(bool on) { g_exits = on; }

void enableCrashReport(bool on)
{
    std::array<void *, 4> frames;
    backtrace(frames.data(), int(frames.size())); // loads what it needs now, not in the handler
    stack_t stack{};
    stack.ss_sp = g_stack.data();
    stack.ss_size = g_stack.size();
    sigaltstack(&stack, nullptr);
    struct sigaction action
    {};
    sigemptyset(&action.sa_mask);
    if (on) {
        action.sa_sigaction = handleCrash;
        action.sa_flags = SA_SIGINFO | SA_ONSTACK | static_cast<int>(SA_RESETHAND) | SA_NODEFER;
    } else {
        action.sa_handler = SIG_DFL;
    }
    for (const int number : kSignals)
        sigaction(number, &action, nullptr);
}

} // namespace cay::server
