#include "store/expiry_index.h"

namespace cay::store {

template class TimeIndex<Entry, EntryExpiry>;
template class TimeIndex<Entry, EntryDue>;

} // namespace cay::store
