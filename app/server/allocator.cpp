// jemalloc reads this before main(). Memory that is freed goes back to the system within a second
// or two in place of ten: growing tables leave pieces behind, and what the server holds should be
// what it needs.
extern "C" [[gnu::visibility("default")]] const char *malloc_conf;
const char *malloc_conf = "dirty_decay_ms:1000,muzzy_decay_ms:0,narenas:4";
