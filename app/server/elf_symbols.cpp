#include "server/elf_symbols.h"

#ifdef __linux__
#include <elf.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

#include <cstring>

namespace cay::server {

#ifdef __linux__

namespace {

// A file in memory, read through at(), which refuses what is not in it.
class MappedFile
{
public:
    explicit MappedFile(const char *path)
    {
        const int fd = open(path, O_RDONLY | O_CLOEXEC);
        struct stat status
        {};
        if (fd >= 0 && fstat(fd, &status) == 0 && status.st_size > 0) {
            m_size = static_cast<std::uint64_t>(status.st_size);
            m_data = mmap(nullptr, m_size, PROT_READ, MAP_PRIVATE, fd, 0);
        }
        if (fd >= 0)
            close(fd);
        if (m_data == MAP_FAILED)
            m_data = nullptr;
    }
    ~MappedFile()
    {
        if (m_data)
            munmap(m_data, m_size);
    }
    MappedFile(const MappedFile &) = delete;
    MappedFile &operator=(const MappedFile &) = delete;

    // `count` objects at a position, null when the file does not have them.
    template <typename T>
    const T *at(std::uint64_t position, std::uint64_t count = 1) const
    {
        if (!m_data || position % alignof(T) || position > m_size
            || count > (m_size - position) / sizeof(T))
            return nullptr;
        return reinterpret_cast<const T *>(static_cast<const char *>(m_data) + position);
    }

private:
    void *m_data = nullptr;
    std::uint64_t m_size = 0;
};

const Elf64_Shdr *sections(const MappedFile &file, std::uint64_t *count)
{
    const auto *header = file.at<Elf64_Ehdr>(0);
    if (!header || std::memcmp(header->e_ident, ELFMAG, SELFMAG) != 0
        || header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_shentsize != sizeof(Elf64_Shdr))
        return nullptr;
    *count = header->e_shnum;
    return file.at<Elf64_Shdr>(header->e_shoff, *count);
}

const Elf64_Sym *symbolAround(const Elf64_Sym *symbols, std::uint64_t count, std::uint64_t offset)
{
    for (std::uint64_t i = 0; i < count; ++i) {
        const Elf64_Sym &symbol = symbols[i];
        if (ELF64_ST_TYPE(symbol.st_info) == STT_FUNC && symbol.st_shndx != SHN_UNDEF
            && offset >= symbol.st_value && offset - symbol.st_value < symbol.st_size)
            return &symbol;
    }
    return nullptr;
}

} // namespace

bool findElfSymbol(const char *path, std::uint64_t offset,
                   void (*found)(void *, const char *, std::uint64_t), void *context)
{
    const MappedFile file(path);
    std::uint64_t count = 0;
    const Elf64_Shdr *section = sections(file, &count);
    for (std::uint64_t i = 0; section && i < count; ++i) {
        if (section[i].sh_type != SHT_SYMTAB || section[i].sh_link >= count)
            continue;
        const std::uint64_t symbolCount = section[i].sh_size / sizeof(Elf64_Sym);
        const auto *symbols = file.at<Elf64_Sym>(section[i].sh_offset, symbolCount);
        const Elf64_Shdr &strings = section[section[i].sh_link];
        const char *names = file.at<char>(strings.sh_offset, strings.sh_size);
        const Elf64_Sym *symbol = symbols ? symbolAround(symbols, symbolCount, offset) : nullptr;
        if (!symbol || !names || symbol->st_name >= strings.sh_size
            || !std::memchr(names + symbol->st_name, 0, strings.sh_size - symbol->st_name))
            continue;
        found(context, names + symbol->st_name, offset - symbol->st_value);
        return true;
    }
    return false;
}

#else

bool findElfSymbol(const char *, std::uint64_t, void (*)(void *, const char *, std::uint64_t),
                   void *)
{
    return false;
}

#endif

} // namespace cay::server
