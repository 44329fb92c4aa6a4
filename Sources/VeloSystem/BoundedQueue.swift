import Glibc

/// A queue between threads: whoever puts waits while it is full, whoever takes waits while it is empty.
///
/// Closing it wakes everybody: nothing more goes in, and what is in it can still be taken.
@safe final class BoundedQueue<Element: Sendable>: @unchecked Sendable {
    // Everything below is touched with the mutex held; the standard library's has no condition to wait for.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let hasElement = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private let hasRoom = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var elements: [Element?] = []
    private var first = 0
    private var isClosed = false
    private let capacity: Int

    init(capacity: Int) {
        self.capacity = capacity
        unsafe mutex.initialize(to: pthread_mutex_t())
        unsafe hasElement.initialize(to: pthread_cond_t())
        unsafe hasRoom.initialize(to: pthread_cond_t())
        unsafe pthread_mutex_init(mutex, nil)
        unsafe pthread_cond_init(hasElement, nil)
        unsafe pthread_cond_init(hasRoom, nil)
    }

    deinit {
        unsafe pthread_mutex_destroy(mutex)
        unsafe pthread_cond_destroy(hasElement)
        unsafe pthread_cond_destroy(hasRoom)
        unsafe mutex.deallocate()
        unsafe hasElement.deallocate()
        unsafe hasRoom.deallocate()
    }

    /// Says whether the element was taken in: false when the queue is closed.
    @discardableResult
    func put(_ element: Element) -> Bool {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        while elements.count - first >= capacity && !isClosed { unsafe pthread_cond_wait(hasRoom, mutex) }
        guard !isClosed else { return false }
        elements.append(element)
        unsafe pthread_cond_signal(hasElement)
        return true
    }

    /// Nil when the queue is closed and empty.
    func take() -> Element? {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        while first == elements.count {
            guard !isClosed else { return nil }
            unsafe pthread_cond_wait(hasElement, mutex)
        }
        let element = elements[first]
        elements[first] = nil
        first += 1
        if first == elements.count {
            elements.removeAll(keepingCapacity: true)
            first = 0
        } else if first >= 1024 {
            elements.removeFirst(first)
            first = 0
        }
        unsafe pthread_cond_signal(hasRoom)
        return element
    }

    func close() {
        unsafe pthread_mutex_lock(mutex)
        isClosed = true
        unsafe pthread_cond_broadcast(hasElement)
        unsafe pthread_cond_broadcast(hasRoom)
        unsafe pthread_mutex_unlock(mutex)
    }
}
