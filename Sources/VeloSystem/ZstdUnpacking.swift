import CLibZstd
import Glibc

/// Zstandard; several frames one after the other are one file.
@safe final class ZstdUnpacking: Unpacking {
    private let file: CompressedFile
    private let stream: OpaquePointer
    /// What the library says after a frame's end.
    private var isFrameDone = true

    init(_ file: CompressedFile) {
        self.file = file
        guard let stream = unsafe ZSTD_createDStream() else { preconditionFailure("out of memory") }
        unsafe self.stream = stream
    }

    deinit { unsafe ZSTD_freeDStream(stream) }

    func fill(_ buffer: UnsafeMutableRawBufferPointer) throws(ArchiveError) -> Int {
        var output = unsafe ZSTD_outBuffer(dst: buffer.baseAddress, size: buffer.count, pos: 0)
        while unsafe output.pos < output.size {
            let hasInput = try file.refill()
            if !hasInput && isFrameDone { break }
            var input = unsafe ZSTD_inBuffer(src: file.pending.baseAddress, size: file.pending.count, pos: 0)
            let before = unsafe output.pos
            let code = unsafe ZSTD_decompressStream(stream, &output, &input)
            if ZSTD_isError(code) != 0 {
                let reason = unsafe String(cString: ZSTD_getErrorName(code))
                throw .damaged(file.path, entry: nil, reason: "its compressed data makes no sense: \(reason)")
            }
            file.consume(unsafe input.pos)
            isFrameDone = code == 0
            if unsafe !hasInput && output.pos == before {
                throw .damaged(file.path, entry: nil, reason: "its compressed data is cut off")
            }
        }
        return unsafe output.pos
    }
}
