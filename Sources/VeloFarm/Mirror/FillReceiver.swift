import Synchronization
import VeloSystem

/// Writes what comes to a growing file, and hashes it on the way; goes on from one transfer to the next.
final class FillReceiver: UpstreamReceiver {
    private struct State: ~Copyable {
        var hasher = SHA256Hasher()
        var isWanted = false
        /// Bytes to leave out: upstream began at the front, and those are here.
        var skipped = 0
        var expected: Int?
        var fault: (any Error)?
        var retryAfter: Duration?
        var lastCheck = 0
    }

    private let file: GrowingFile
    private let limits: StorageLimits
    private let state = Mutex(State())

    /// The disk is looked at when so much has come.
    private static let checkInterval = 64 << 20

    init(_ file: GrowingFile, _ limits: StorageLimits) {
        self.file = file
        self.limits = limits
    }

    /// Before each transfer.
    func prepare() {
        state.withLock { state in
            (state.isWanted, state.skipped, state.expected) = (false, 0, nil)
            (state.fault, state.retryAfter) = (nil, nil)
        }
    }

    /// A failure of ours, which no other upstream mends.
    var fault: (any Error)? { state.withLock { $0.fault } }
    var retryAfter: Duration? { state.withLock { $0.retryAfter } }
    var isWhole: Bool { state.withLock { $0.expected.map { $0 == file.count } ?? true } }

    func receive(_ head: CurlResponseHead) -> Bool {
        state.withLock { state in
            state.retryAfter = head.headers["Retry-After"].flatMap { Int($0) }.map { .seconds($0) }
            switch head.status {
            case 200:
                state.skipped = file.count
                state.expected = head.contentLength
            case 206:
                let range = head.headers["Content-Range"] ?? ""
                let numbers = range.dropFirst(6).split { $0 == "-" || $0 == "/" }.map { Int($0) }
                guard range.hasPrefix("bytes "), numbers.count == 3, numbers[0] == file.count else { return false }
                state.expected = numbers[2]
            default:
                return true
            }
            state.isWanted = true
            file.begin(total: state.expected)
            return true
        }
    }

    func receive(_ bytes: UnsafeRawBufferPointer) -> Bool {
        // Lent for this call, and not kept: into the lock goes its address, since a pointer may not cross.
        let (address, length) = (UInt(bitPattern: bytes.baseAddress), bytes.count)
        return state.withLock { state in
            guard state.isWanted else { return true }
            let count = min(state.skipped, length)
            state.skipped -= count
            let fresh = UnsafeRawBufferPointer(
                start: UnsafeRawPointer(bitPattern: address + UInt(count)), count: length - count)
            guard !fresh.isEmpty else { return true }
            do {
                guard file.count + fresh.count <= limits.blobBytes else {
                    throw RegistryProblem.sizeInvalid(limit: limits.blobBytes)
                }
                if file.count - state.lastCheck > Self.checkInterval {
                    state.lastCheck = file.count
                    try limits.check(adding: fresh.count)
                }
                try file.append(fresh)
                state.hasher.update(fresh)
                return true
            } catch {
                state.fault = RegistryProblem(diskFull: error) ?? error
                return false
            }
        }
    }

    /// Of all that came, in the end.
    func finishDigest() -> SHA256Digest {
        state.withLock { state in
            var finished = SHA256Hasher()
            swap(&finished, &state.hasher)
            return finished.finish()
        }
    }
}
