import CLibISAL
import Glibc

/// gzip, inflated by ISA-L: twice as fast as zlib. Several members one after the other are one file, and zeros may
/// follow the last; checksums are verified.
@safe final class GzipUnpacking: Unpacking {
    private let file: CompressedFile
    private let state = UnsafeMutablePointer<inflate_state>.allocate(capacity: 1)
    private var isBetweenMembers = true
    private var hasMember = false

    init(_ file: CompressedFile) {
        self.file = file
        unsafe state.initialize(to: inflate_state())
    }

    deinit { unsafe state.deallocate() }

    func fill(_ buffer: UnsafeMutableRawBufferPointer) throws(ArchiveError) -> Int {
        var done = 0
        while done < buffer.count {
            if isBetweenMembers {
                guard try startMember() else { return done }
            }
            let hasInput = try file.refill()
            let before = unsafe file.pending.count
            unsafe state.pointee.next_in = UnsafeMutablePointer(
                mutating: file.pending.baseAddress?.assumingMemoryBound(to: UInt8.self))
            unsafe state.pointee.avail_in = UInt32(before)
            let room = buffer.count - done
            unsafe state.pointee.next_out =
                buffer.baseAddress.map { unsafe $0 + done }?.assumingMemoryBound(to: UInt8.self)
            unsafe state.pointee.avail_out = UInt32(room)
            let code = unsafe isal_inflate(state)
            let taken = before - Int(unsafe state.pointee.avail_in)
            let made = room - Int(unsafe state.pointee.avail_out)
            file.consume(taken)
            done += made
            guard code == ISAL_DECOMP_OK else { throw damage(code) }
            if unsafe state.pointee.block_state == ISAL_BLOCK_FINISH {
                isBetweenMembers = true
            } else if !hasInput && made == 0 {
                throw .damaged(file.path, entry: nil, reason: "its compressed data is cut off")
            }
        }
        return done
    }

    /// False at the file's end.
    private func startMember() throws(ArchiveError) -> Bool {
        while try file.refill() {
            // Tapes and some servers fill up with zeros.
            let zeros = unsafe hasMember ? file.pending.prefix { $0 == 0 }.count : 0
            file.consume(zeros)
            guard unsafe !file.pending.isEmpty else { continue }
            if hasMember, unsafe file.pending[0] != 0x1f {
                throw .damaged(file.path, entry: nil, reason: "something follows its compressed data")
            }
            unsafe isal_inflate_init(state)
            unsafe state.pointee.crc_flag = UInt32(ISAL_GZIP)
            isBetweenMembers = false
            hasMember = true
            return true
        }
        return false
    }

    private func damage(_ code: Int32) -> ArchiveError {
        let reason =
            switch code {
            case ISAL_INCORRECT_CHECKSUM: "its checksum is wrong"
            case ISAL_INVALID_WRAPPER, ISAL_UNSUPPORTED_METHOD: "its gzip header is not one"
            default: "its compressed data makes no sense"
            }
        return .damaged(file.path, entry: nil, reason: reason)
    }
}
