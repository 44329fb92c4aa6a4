import FoundationEssentials
import Glibc
import Synchronization
package import SystemPackage
import VeloBuild
import VeloSystem

/// Who changed what, and who was refused: one JSON object in a line, in a file of its own.
final class AuditLog: Sendable {
    private struct Entry: Encodable {
        var time: String
        var who: String
        var client: String
        var action: String
        var status: Int
        var request: String
    }

    private let file: RotatingFile?

    /// - Parameter path: nil writes nothing.
    init(_ path: FilePath?) {
        file = path.map { RotatingFile($0, limit: 32 << 20, kept: 9) }
    }

    func write(who: String, client: String, action: String, status: Int, request: String) {
        guard let file else { return }
        let entry = Entry(
            time: Date().ISO8601Format(), who: who, client: client, action: LogText.sanitize(action), status: status,
            request: request)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let line = try? encoder.encode(entry) else { return }
        file.append(Array(line) + [0x0A])
    }
}

/// A file of lines that is put aside when it has grown: `NAME`, `NAME.1`, `NAME.2`, …
package final class RotatingFile: Sendable {
    private struct State {
        var descriptor: FileDescriptor?
        var size = 0
    }

    private let path: FilePath
    private let limit: Int
    private let kept: Int
    private let state = Mutex(State())

    package init(_ path: FilePath, limit: Int, kept: Int) {
        self.path = path
        self.limit = limit
        self.kept = kept
    }

    /// Appends a line that ends with a line end. What cannot be written is lost: nobody waits for a log.
    package func append(_ line: [UInt8]) {
        state.withLock { state in
            if state.size > limit { rotate(&state) }
            if state.descriptor == nil { open(&state) }
            guard let descriptor = state.descriptor else { return }
            if (try? descriptor.writeAll(line)) != nil { state.size += line.count }
        }
    }

    private func open(_ state: inout State) {
        try? FileTree.makeFolder(path.removingLastComponent())
        state.descriptor = try? FileDescriptor.open(
            path, .writeOnly, options: [.create, .append, .closeOnExec], permissions: [.ownerReadWrite, .groupRead])
        state.size = (try? FileTree.status(path))?.size ?? 0
    }

    private func rotate(_ state: inout State) {
        try? state.descriptor?.close()
        state.descriptor = nil
        for number in stride(from: kept, to: 0, by: -1) {
            let source = number == 1 ? path : FilePath("\(path).\(number - 1)")
            try? FileTree.rename(source, to: FilePath("\(path).\(number)"))
        }
    }
}
