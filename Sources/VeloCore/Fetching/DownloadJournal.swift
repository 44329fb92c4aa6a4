package import SystemPackage
package import VeloSystem

/// What of an unfinished download is in the file beside it, and what it is known by.
///
///     velocity-download 1 <bytes that follow this line> <their sha256>
///     total 536870912
///     url https://example.org/file
///     validator "5f3c-1"
///     digest <sha256 of the whole, if it was said>
///     boot <which start of the machine wrote it>
///     held 0-16777216 33554432-40000000
///
/// A journal whose checksum is wrong is none. It is written over in place and not flushed: a process that is killed loses
/// nothing by that. After a power cut the file may lack bytes that the journal names; so it counts for the same start of
/// the machine only, unless a digest will tell.
package struct DownloadJournal: Sendable, Equatable {
    package var total: Int
    package var url: String
    package var validator: String?
    package var digest: SHA256Digest?
    package var boot: String
    package var held: ByteRanges

    package init(
        total: Int, url: String, validator: String?, digest: SHA256Digest?, boot: String, held: ByteRanges
    ) {
        self.total = total
        self.url = url
        self.validator = validator
        self.digest = digest
        self.boot = boot
        self.held = held
    }

    /// Where it lies.
    package static func path(of file: FilePath) -> FilePath { FilePath(file.string + ".journal") }

    package var bytes: [UInt8] {
        var lines = ["total \(total)", "url \(url)"]
        if let validator { lines.append("validator \(validator)") }
        if let digest { lines.append("digest \(digest)") }
        lines.append("boot \(boot)")
        lines.append("held " + held.ranges.map { "\($0.lowerBound)-\($0.upperBound)" }.joined(separator: " "))
        let body = Array((lines.joined(separator: "\n") + "\n").utf8)
        return Array("velocity-download 1 \(body.count) \(SHA256Digest.of(body))\n".utf8) + body
    }

    /// Nil for what is no journal, or a damaged one. What follows the end is left from a longer one.
    package init?(_ bytes: [UInt8]) {
        guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        let head = String(decoding: bytes[..<end], as: UTF8.self).split(separator: " ")
        guard head.count == 4, head[0] == "velocity-download", head[1] == "1", let count = Int(head[2]), count >= 0,
            bytes.count - end - 1 >= count
        else { return nil }
        let body = Array(bytes[(end + 1)..<(end + 1 + count)])
        guard SHA256Digest.of(body).hex == head[3] else { return nil }
        var fields: [Substring: String] = [:]
        for line in String(decoding: body, as: UTF8.self).split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
            fields[words[0]] = words.count > 1 ? String(words[1]) : ""
        }
        guard let total = fields["total"].flatMap({ Int($0) }), total >= 0, let url = fields["url"],
            let boot = fields["boot"], let held = Self.ranges(fields["held"] ?? ""), held.end <= total
        else { return nil }
        self.init(
            total: total, url: url, validator: fields["validator"],
            digest: fields["digest"].flatMap { SHA256Digest(hex: $0) }, boot: boot, held: held)
    }

    private static func ranges(_ text: String) -> ByteRanges? {
        var ranges: [Range<Int>] = []
        for word in text.split(separator: " ") {
            let ends = word.split(separator: "-")
            guard ends.count == 2, let from = Int(ends[0]), let to = Int(ends[1]), from < to else { return nil }
            ranges.append(from..<to)
        }
        return ByteRanges(ranges)
    }

    /// Whether it is about what is asked for, and can be believed. `size` is that of the file beside it.
    package func suits(_ request: TransferRequest, size: Int, boot current: String) -> Bool {
        guard held.end <= size, request.size ?? total == total, request.limit ?? total >= total else { return false }
        if let wanted = request.digest { return wanted == digest || digest == nil && isSameSource(request, current) }
        return isSameSource(request, current)
    }

    private func isSameSource(_ request: TransferRequest, _ current: String) -> Bool {
        validator != nil && !boot.isEmpty && boot == current
            && request.mirrors.contains { CurlURL($0.url)?.description == url }
    }
}
