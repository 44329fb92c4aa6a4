import Synchronization
import SystemPackage

/// The unpacked bytes of a compressed file, made by a thread of their own.
final class BlockStream: Sendable {
    private enum Item: Sendable {
        case block(ByteBlock)
        case failure(ArchiveError)
    }

    private let pool: BlockPool
    private let items: BoundedQueue<Item>
    private let thread: WorkerThread
    private let result: Result

    /// What the thread leaves behind.
    private final class Result: Sendable {
        let digest = Mutex<SHA256Digest?>(nil)
    }

    /// A block is a whole number of tar's own blocks. 24 of a megabyte are the most memory a pour takes for its data.
    private static let blockSize = 1 << 20
    private static let blockCount = 24

    init(_ path: FilePath, isHashed: Bool) throws {
        let file = try CompressedFile(path, isHashed: isHashed)
        _ = try file.refill()
        guard let packing = unsafe Packing(file.pending) else { throw BottleReader.Unsupported() }
        let pool = BlockPool(count: Self.blockCount, blockSize: Self.blockSize)
        let items = BoundedQueue<Item>(capacity: Self.blockCount)
        let result = Result()
        // The file belongs to the thread from here on.
        nonisolated(unsafe) let source: any Unpacking =
            switch packing {
            case .gzip: GzipUnpacking(file)
            case .zstd: ZstdUnpacking(file)
            case .none: PlainUnpacking(file)
            }
        nonisolated(unsafe) let input = file
        thread = WorkerThread {
            do throws(ArchiveError) {
                while let block = pool.take() {
                    try unsafe block.fill { buffer throws(ArchiveError) in try unsafe source.fill(buffer) }
                    guard block.count > 0, items.put(.block(block)) else { break }
                }
                let digest = unsafe input.digest()
                result.digest.withLock { $0 = digest }
            } catch {
                items.put(.failure(error))
            }
            items.close()
        }
        self.pool = pool
        self.items = items
        self.result = result
    }

    /// Nil at the end.
    func next() throws(ArchiveError) -> ByteBlock? {
        switch items.take() {
        case .block(let block): return block
        case .failure(let error): throw error
        case nil: return nil
        }
    }

    /// Known once the end has been reached.
    var digest: SHA256Digest? { result.digest.withLock { $0 } }

    /// Ends the thread, whether all has been read or not.
    func stop() {
        items.close()
        pool.close()
        thread.join()
    }
}
