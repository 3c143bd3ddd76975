//! A column that several threads fill at once, each its own rows.

use std::alloc::{self, Layout};
use std::ptr::NonNull;

/// Rows of `T` that are written in any order by any thread, and become a `Vec` once all are written. Memory comes
/// untouched from the system, so a page is first touched by the thread that fills it.
pub(super) struct Column<T: Copy> {
    rows: NonNull<T>,
    capacity: usize,
}

// SAFETY: a column owns its rows; shared access is only through `write`, whose callers promise disjoint rows.
unsafe impl<T: Copy + Send> Send for Column<T> {}
// SAFETY: as above.
unsafe impl<T: Copy + Send> Sync for Column<T> {}

impl<T: Copy> Column<T> {
    pub(super) fn new() -> Self {
        Self { rows: NonNull::dangling(), capacity: 0 }
    }

    /// Makes room for rows below `capacity`; what was written stays. `Err` when the memory cannot be had.
    pub(super) fn reserve(&mut self, capacity: usize) -> Result<(), OutOfMemory> {
        if capacity <= self.capacity {
            return Ok(());
        }
        let wanted = Layout::array::<T>(capacity).map_err(|_| OutOfMemory)?;
        let rows = if self.capacity == 0 {
            // SAFETY: the layout is not empty: `capacity` is above 0, and columns are not made of empty types.
            unsafe { alloc::alloc(wanted) }
        } else {
            // SAFETY: the memory came from this allocator with this layout, and the new size is larger.
            unsafe { alloc::realloc(self.rows.as_ptr().cast(), self.layout(), wanted.size()) }
        };
        self.rows = NonNull::new(rows.cast()).ok_or(OutOfMemory)?;
        self.capacity = capacity;
        Ok(())
    }

    fn layout(&self) -> Layout {
        // Cannot fail: the same layout was made when the memory was allocated.
        Layout::array::<T>(self.capacity).unwrap_or(Layout::new::<T>())
    }

    /// Writes a row.
    ///
    /// # Safety
    /// `row` is below the reserved capacity, and no other thread writes this row.
    #[inline(always)]
    pub(super) unsafe fn write(&self, row: usize, value: T) {
        debug_assert!(row < self.capacity);
        // SAFETY: in bounds and not written by anyone else, as the caller promises.
        unsafe { self.rows.as_ptr().add(row).write(value) }
    }

    /// A look at the first `len` rows.
    ///
    /// # Safety
    /// All rows below `len` were written, and none is written any more while the slice lives.
    pub(super) unsafe fn written(&self, len: usize) -> &[T] {
        assert!(len <= self.capacity);
        // SAFETY: as the caller promises.
        unsafe { std::slice::from_raw_parts(self.rows.as_ptr(), len) }
    }

    /// The first `len` rows.
    ///
    /// # Safety
    /// All rows below `len` were written.
    pub(super) unsafe fn into_vec(self, len: usize) -> Vec<T> {
        assert!(len <= self.capacity);
        let this = std::mem::ManuallyDrop::new(self);
        // SAFETY: the memory is the global allocator's with exactly this capacity, and the rows are initialised, as the
        // caller promises. An empty column's dangling pointer with capacity 0 is what an empty `Vec` has.
        unsafe { Vec::from_raw_parts(this.rows.as_ptr(), len, this.capacity) }
    }
}

impl<T: Copy> Drop for Column<T> {
    fn drop(&mut self) {
        if self.capacity > 0 {
            // SAFETY: allocated with this layout, and not given away.
            unsafe { alloc::dealloc(self.rows.as_ptr().cast(), self.layout()) }
        }
    }
}

/// The memory for a column cannot be had.
#[derive(Debug)]
pub(super) struct OutOfMemory;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grows_and_keeps_what_threads_wrote() {
        let mut column = Column::new();
        for step in 0..4usize {
            assert!(column.reserve((step + 1) * 1000).is_ok());
            std::thread::scope(|scope| {
                for thread in 0..2 {
                    let column = &column;
                    scope.spawn(move || {
                        for row in (step * 1000..(step + 1) * 1000).filter(|row| row % 2 == thread) {
                            // SAFETY: below the capacity, and every thread has its own rows.
                            unsafe { column.write(row, row as u32) };
                        }
                    });
                }
            });
        }
        // SAFETY: all 4,000 rows were written.
        let rows = unsafe { column.into_vec(4000) };
        assert!(rows.iter().enumerate().all(|(row, &value)| row == value as usize));
    }

    #[test]
    fn refuses_what_cannot_be_had() {
        assert!(Column::<u64>::new().reserve(usize::MAX / 2).is_err());
        // SAFETY: no rows.
        assert_eq!(unsafe { Column::<u64>::new().into_vec(0) }, Vec::<u64>::new());
    }
}
