import SystemPackage
import VeloSystem

/// Unpacks one archive of any known format into a new folder, entry by entry, refusing what does not belong there.
///
/// `ArchiveDestination` keeps every operation inside the folder whatever the entries say; `TreeLedger` is about what
/// would do harm later, and about saying what is wrong.
struct TreeUnpacker: ~Copyable {
    private var ledger: TreeLedger
    private var reader: ArchiveReader
    private var destination: ArchiveDestination

    /// Only the first bytes decide whether a file has to be rewritten; smaller files are never read twice.
    private static let headSize = 1 << 16

    /// Unpacks into `folder`, which must not exist; nothing is left of it when this throws.
    static func unpack(_ archive: FilePath, into folder: FilePath, by rules: UnpackingRules) throws -> UnpackedTree {
        var unpacker = try TreeUnpacker(archive, into: folder, by: rules)
        do {
            return try unpacker.run()
        } catch {
            // What stopped the unpacking is what matters; a leftover folder is swept with the staging area.
            try? FileTree.remove(folder)
            throw error
        }
    }

    private init(_ archive: FilePath, into folder: FilePath, by rules: UnpackingRules) throws {
        let reader = try ArchiveReader(archive, accepting: rules.formats)
        let size = try FileTree.status(archive, followLinks: true)?.size ?? 0
        let destination = try ArchiveDestination(creating: folder)
        ledger = TreeLedger(archive, size: size, rules: rules)
        self.reader = reader
        self.destination = destination
    }

    private mutating func run() throws -> UnpackedTree {
        while let entry = try reader.next() {
            guard let admission = try ledger.admit(entry) else { continue }
            do {
                try place(entry, admission)
            } catch let error as SystemError {
                throw ledger.refusal(entry, for: error)
            }
        }
        try ledger.checkEnd()
        // Last, because a folder's time changes when something is made in it.
        for (path, folder) in ledger.folders {
            try destination.finishFolder(path.text, mode: folder.mode, modified: folder.modified)
        }
        return ledger.tree
    }

    private mutating func place(_ entry: ArchiveEntry, _ admission: TreeLedger.Admission) throws {
        let path = admission.path
        if admission.replaces { try destination.removeFile(path.text) }
        switch entry.kind {
        case .folder:
            try destination.makeFolder(path.text)
            ledger.addFolder(path, entry)
        case .file:
            try placeFile(entry, admission)
            ledger.addFile(path)
        case .link(let target):
            try destination.makeLink(path.text, to: try ledger.addLink(admission, entry, to: target))
        case .hardLink(let target):
            let existing = try ledger.addHardLink(path, entry, to: target)
            try destination.makeHardLink(path.text, to: existing.text)
        case .special: break
        }
    }

    private mutating func placeFile(_ entry: ArchiveEntry, _ admission: TreeLedger.Admission) throws {
        let left = ledger.bytesLeft
        guard entry.size ?? 0 <= left else { throw ledger.tooManyBytes(entry) }
        let mode = entry.mode & 0o755 | 0o400
        var bytes: [UInt8] = []
        bytes.reserveCapacity(min(entry.size ?? 0, Self.headSize))
        var hasMore = try reader.read(upTo: Self.headSize, into: &bytes)
        let edit = ledger.rules.transform?.edit(for: admission.relative, head: bytes) ?? .none
        if case .none = edit {
        } else {
            let limit = ledger.rules.limits.rewritable
            if hasMore { hasMore = try reader.read(upTo: limit - bytes.count, into: &bytes) }
            guard !hasMore else {
                throw ExtractionError.tooBigToRewrite(archive: ledger.archive, entry: entry.path, limit: limit)
            }
            if let changed = try rewritten(bytes, by: edit, entry) {
                bytes = changed
                ledger.note(changed: admission.relative)
            }
        }
        let path = admission.path.text
        guard hasMore else {
            try ledger.addBytes(bytes.count, of: entry)
            return try destination.makeFile(path, bytes, mode: mode, modified: entry.modified)
        }
        do {
            let count = try destination.makeFile(
                path, bytes, restOf: &reader, limit: left, mode: mode, modified: entry.modified)
            try ledger.addBytes(count, of: entry)
        } catch ArchiveError.entryTooLarge {
            throw ledger.tooManyBytes(entry)
        }
    }

    private func rewritten(_ bytes: [UInt8], by edit: FileEdit, _ entry: ArchiveEntry) throws -> [UInt8]? {
        do {
            switch edit {
            case .none: return nil
            case .whole(let rewrite): return try rewrite(bytes)
            case .inPlace(let edit):
                let file = EditableFile(bytes)
                return try edit(file) ? file.bytesInMemory : nil
            }
        } catch {
            throw ExtractionError.rewriting(archive: ledger.archive, entry: entry.path, cause: error)
        }
    }
}
