import HTTPTypes
import Hummingbird
import SystemPackage
import VeloSystem

/// A file as an answer: whole or in part, with what a client needs to resume and to keep it.
struct FileAnswer {
    var path: FilePath
    var size: Int
    /// Seconds since 1970; nil leaves it unsaid.
    var modified: Int?
    /// In quotes; nil when the content may change under its name.
    var entityTag: String?
    var type: String
    /// What a client that saves it may call it.
    var filename: String?
    /// The content at this address never changes.
    var isImmutable = false
    /// Of a blob, as registries say it.
    var digest: SHA256Digest?

    private var fields: [(String, String)] {
        var fields = [("Content-Type", type), ("Accept-Ranges", "bytes")]
        if let modified { fields.append(("Last-Modified", HTTPDate.text(modified))) }
        if let filename { fields.append(("Content-Disposition", "attachment; filename=\"\(filename)\"")) }
        if isImmutable { fields.append(("Cache-Control", "public, max-age=31536000, immutable")) }
        if let digest { fields.append(("Docker-Content-Digest", digest.ociDigest)) }
        return fields
    }

    /// The same, and the byte-level path gives it from now on.
    ///
    /// - Parameter generation: of the cache, as it was before the file was looked up.
    func response(
        _ request: Request, _ context: FarmRequestContext, remember cache: AnswerCache, _ generation: Int
    ) async throws -> Response {
        if let entityTag {
            let body: AnswerCache.Body
            if size <= AnswerCache.inlineLimit {
                let path = path
                body = .bytes(ByteBuffer(bytes: try await BlockingThread.run { try FileTree.read(path) }))
            } else {
                body = .file(path)
            }
            let answer = AnswerCache.Answer(
                fields: fields, entityTag: entityTag, body: body, size: size, isLasting: isImmutable, digest: digest)
            cache.remember(request.uri.description, answer, generation: generation)
            // Whoever asked through the byte-level path gets it from there: by sendfile.
            if let mark = request.headers[.fastMark], mark == cache.secret,
                cache.answer(request.uri.description) === answer
            {
                return Response(status: .ok, headers: [.fastMark: mark])
            }
        }
        return try await response(request, context)
    }

    /// The body is read from disk while it is sent; it is left out for HEAD by whoever answers that.
    func response(_ request: Request, _ context: FarmRequestContext) async throws -> Response {
        var headers = HTTPFields()
        for (name, value) in fields { headers[HTTPField.Name.ours(name)] = value }
        if let entityTag { headers[.eTag] = entityTag }
        if let entityTag, EntityTags(request.headers[.ifNoneMatch]).match(entityTag) {
            return Response(status: .notModified, headers: headers)
        }
        guard request.method != .head else {
            headers[.contentLength] = String(size)
            return Response(status: .ok, headers: headers)
        }
        switch ByteRange(isRangeWanted(request) ? request.headers[.range] : nil, size: size) {
        case .whole:
            let body = try await FileIO().loadFile(path: path.string, context: context)
            return Response(status: .ok, headers: headers, body: body)
        case .part(let range):
            headers[.contentRange] = "bytes \(range.lowerBound)-\(range.upperBound)/\(size)"
            let body = try await FileIO().loadFile(path: path.string, range: range, context: context)
            return Response(status: .partialContent, headers: headers, body: body)
        case .unsatisfiable:
            headers[.contentRange] = "bytes */\(size)"
            return Response(status: .rangeNotSatisfiable, headers: headers)
        }
    }

    /// `If-Range` wants the part only of the file that the client has the rest of.
    private func isRangeWanted(_ request: Request) -> Bool {
        guard let condition = request.headers[.ifRange] else { return true }
        return condition == entityTag || condition == modified.map(HTTPDate.text)
    }
}

/// The value of `If-None-Match`.
struct EntityTags {
    private let tags: [Substring]

    init(_ header: String?) {
        tags = header?.split(separator: ",").map { $0.drop { $0 == " " }.prefix { $0 != " " } } ?? []
    }

    /// Weakly, as a cache asks: `W/"x"` is `"x"`.
    func match(_ tag: String) -> Bool {
        tags.contains { $0 == "*" || $0 == tag || $0 == "W/\(tag)" }
    }
}

/// Undoes `%XX`; nil when that is not text, or has no place in a path.
func percentDecoded(_ text: some StringProtocol) -> String? {
    guard text.utf8.contains(UInt8(ascii: "%")) else { return String(text) }
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
        guard byte == UInt8(ascii: "%") else {
            bytes.append(byte)
            continue
        }
        guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16), value != 0
        else { return nil }
        bytes.append(value)
        rest.removeFirst(2)
    }
    return String(validating: bytes, as: UTF8.self)
}
