// The entry arena: slots never overlap, freed ones come back, empty slabs go back to the system.
#include "store/arena.h"

#include <QtTest/QtTest>

#include <cstring>
#include <map>
#include <random>
#include <vector>

using namespace cay;
using store::EntryArena;

class TestArena : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void slotsNeverOverlap();
    void memoryGoesBack();
    void longKeysComeFromTheSystem();
};

void TestArena::slotsNeverOverlap()
{
    std::mt19937 random(9);
    EntryArena arena;
    struct Piece
    {
        char *memory;
        std::size_t size;
        char fill;
    };
    std::vector<Piece> pieces;
    for (int i = 0; i < 200'000; ++i) {
        if (pieces.size() < 2'000 || random() % 2 == 0) {
            const std::size_t size = 1 + random() % EntryArena::kMaxSlot;
            auto *memory = static_cast<char *>(arena.allocate(size, 1));
            const char fill = static_cast<char>(random());
            std::memset(memory, fill, EntryArena::slotFor(size, 1));
            pieces.push_back({memory, size, fill});
        } else {
            std::swap(pieces[random() % pieces.size()], pieces.back());
            const Piece piece = pieces.back();
            pieces.pop_back();
            const std::size_t slot = EntryArena::slotFor(piece.size, 1);
            QVERIFY(slot >= piece.size && slot < piece.size + piece.size / 8 + 32);
            for (std::size_t n = 0; n < slot; ++n)
                QCOMPARE(piece.memory[n], piece.fill);
            arena.free(piece.memory, 1);
        }
    }
    for (const Piece &piece : pieces)
        arena.free(piece.memory, 1);
}

void TestArena::memoryGoesBack()
{
    EntryArena arena;
    std::vector<void *> pieces;
    for (int i = 0; i < 100'000; ++i)
        pieces.push_back(arena.allocate(88, 16));
    QVERIFY(arena.slabBytes() < 100'000 * 88 * 102 / 100);
    QVERIFY(arena.freeBytes() <= EntryArena::kSlabSize + arena.slabBytes() / 100);
    for (std::size_t i = 0; i < pieces.size(); i += 2)
        arena.free(pieces[i], 16);
    QVERIFY2(arena.freeBytes() > 49'000 * 88, "what is free in slabs is told");
    for (std::size_t i = 1; i < pieces.size(); i += 2)
        arena.free(pieces[i], 16);
    QVERIFY2(arena.slabBytes() <= EntryArena::kSlabSize, "one slab stays at the most");
}

void TestArena::longKeysComeFromTheSystem()
{
    EntryArena arena;
    void *memory = arena.allocate(100'000, 99'000);
    std::memset(memory, 1, 100'000);
    QCOMPARE(arena.slabBytes(), std::size_t{0});
    QCOMPARE(EntryArena::slotFor(100'000, 99'000), std::size_t{100'000});
    arena.free(memory, 99'000);
}

QTEST_APPLESS_MAIN(TestArena)
#include "tst_arena.moc"
