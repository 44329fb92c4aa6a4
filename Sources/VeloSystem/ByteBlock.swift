import Glibc

/// A fixed number of equal blocks of memory: taking one waits until one is free, so a reader that runs ahead of its
/// writers stops, and memory stays bounded.
final class BlockPool: Sendable {
    let blockSize: Int
    private let free: BoundedQueue<Storage>

    /// Memory that has one owner at a time: the pool, or a block.
    @safe struct Storage: @unchecked Sendable {
        // Passed from thread to thread through a queue, never shared.
        let pointer: UnsafeMutableRawPointer
    }

    init(count: Int, blockSize: Int) {
        self.blockSize = blockSize
        free = BoundedQueue(capacity: count)
        for _ in 0..<count {
            let pointer = UnsafeMutableRawPointer.allocate(byteCount: blockSize, alignment: 4096)
            free.put(unsafe Storage(pointer: pointer))
        }
    }

    deinit {
        free.close()
        while let storage = free.take() { unsafe storage.pointer.deallocate() }
    }

    /// Nil once the pool is closed.
    func take() -> ByteBlock? { free.take().map { ByteBlock($0, self) } }

    /// Wakes who waits for a block; blocks that come back later are freed at once.
    func close() { free.close() }

    fileprivate func giveBack(_ storage: Storage) {
        if !free.put(storage) { unsafe storage.pointer.deallocate() }
    }
}

/// Some bytes that several readers share; the memory goes back to its pool with the last of them.
@safe final class ByteBlock: @unchecked Sendable {
    // Filled by the thread that took it before anybody else sees it; only read from then on.
    private let storage: BlockPool.Storage
    private let pool: BlockPool
    private(set) var count = 0

    fileprivate init(_ storage: BlockPool.Storage, _ pool: BlockPool) {
        self.storage = storage
        self.pool = pool
    }

    deinit { pool.giveBack(storage) }

    /// Lets `body` fill the block; it returns how many bytes there are.
    func fill<Failure>(_ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Int) throws(Failure) {
        count = try unsafe body(UnsafeMutableRawBufferPointer(start: storage.pointer, count: pool.blockSize))
    }

    var bytes: UnsafeRawBufferPointer { unsafe UnsafeRawBufferPointer(start: storage.pointer, count: count) }
}

/// A part of a block.
package struct ByteSlice: Sendable {
    let block: ByteBlock
    let offset: Int
    package let count: Int

    var raw: UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(rebasing: block.bytes[offset..<offset + count])
    }

    /// A copy of the bytes.
    package var bytes: [UInt8] { unsafe Array(raw) }

    package func prefix(_ length: Int) -> [UInt8] { unsafe Array(raw.prefix(length)) }

    /// Whether the first bytes are these; without a copy.
    package func starts(with bytes: [UInt8]) -> Bool { unsafe raw.starts(with: bytes) }
}
