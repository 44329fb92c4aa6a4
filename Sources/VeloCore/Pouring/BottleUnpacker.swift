import SystemPackage
import VeloSystem

/// Unpacks a bottle with all of the machine: one thread inflates, one judges entries, several write.
///
/// What it cannot read (xz, sparse files) goes to `TreeUnpacker`, which is slower and makes the same tree.
struct BottleUnpacker: ~Copyable {
    private var ledger: TreeLedger
    private var reader: BottleReader
    private var writer: TreeWriter
    /// Made when all files are there.
    private var hardLinks: [(path: EntryPath, existing: EntryPath, entry: ArchiveEntry)] = []
    private var relatives: [String: String] = [:]

    /// More threads than this wait for the one that inflates.
    private static let writerThreads = 2

    /// Unpacks into `folder`, which must not exist; nothing is left of it when this throws.
    static func unpack(
        _ archive: FilePath, into folder: FilePath, by rules: UnpackingRules, isHashed: Bool
    ) throws -> UnpackedTree {
        do {
            do {
                var unpacker = try BottleUnpacker(archive, into: folder, by: rules, isHashed: isHashed)
                return try unpacker.run()
            } catch is BottleReader.Unsupported {
                try FileTree.remove(folder)
                var tree = try TreeUnpacker.unpack(archive, into: folder, by: rules)
                if isHashed { tree.digest = try SHA256Digest.of(file: archive) }
                return tree
            }
        } catch {
            // What stopped the unpacking is what matters; a leftover folder is swept with the staging area.
            try? FileTree.remove(folder)
            throw error
        }
    }

    private init(_ archive: FilePath, into folder: FilePath, by rules: UnpackingRules, isHashed: Bool) throws {
        let reader = try BottleReader(archive, isHashed: isHashed)
        let size = try FileTree.status(archive, followLinks: true)?.size ?? 0
        let writer = try TreeWriter(creating: folder, threads: Self.writerThreads)
        ledger = TreeLedger(archive, size: size, rules: rules)
        self.reader = reader
        self.writer = writer
    }

    private mutating func run() throws -> UnpackedTree {
        while let entry = try reader.next() {
            guard let admission = try ledger.admit(entry) else { continue }
            do {
                try place(entry, admission)
            } catch {
                throw mapped(error, entry)
            }
        }
        do {
            // Zeros without end after the last entry are a bomb as well.
            let limit = reader.position + ledger.bytesLeft
            ledger.note(digest: try reader.finish(limit: limit))
        } catch ArchiveError.entryTooLarge {
            throw ledger.tooManyBytes(ArchiveEntry(path: "its end", kind: .file))
        }
        try ledger.checkEnd()
        let changed: [String]
        do {
            changed = try writer.drain()
        } catch {
            throw mapped(error, nil)
        }
        for entry in changed {
            ledger.note(changed: (try? EntryPath(entry))?.dropping(ledger.rules.top.count) ?? entry)
        }
        for link in hardLinks {
            do {
                try writer.makeHardLink(link.path.text, to: link.existing.text)
            } catch {
                throw mapped(error, link.entry)
            }
        }
        // Last, because a folder's time changes when something is made in it.
        for (path, folder) in ledger.folders {
            try writer.finishFolder(path.text, mode: folder.mode, modified: folder.modified)
        }
        return ledger.tree
    }

    private mutating func place(_ entry: ArchiveEntry, _ admission: TreeLedger.Admission) throws {
        let path = admission.path
        switch entry.kind {
        case .folder:
            try writer.makeFolder(path.text)
            ledger.addFolder(path, entry)
        case .file:
            let size = entry.size ?? 0
            try ledger.addBytes(size, of: entry)
            let head = try reader.head(Self.headSize)
            let edit = ledger.rules.transform?.edit(for: admission.relative, head: head?.bytes ?? []) ?? .none
            if case .whole = edit, size > ledger.rules.limits.rewritable {
                throw ExtractionError.tooBigToRewrite(
                    archive: ledger.archive, entry: entry.path, limit: ledger.rules.limits.rewritable)
            }
            try writer.makeFile(
                TreeWriter.Plan(
                    entry: path.text, mode: entry.mode & 0o755 | 0o400, modified: entry.modified, edit: edit),
                restOf: &reader)
            ledger.addFile(path)
        case .link(let target):
            try writer.makeLink(path.text, to: try ledger.addLink(admission, entry, to: target))
        case .hardLink(let target):
            hardLinks.append((path, try ledger.addHardLink(path, entry, to: target), entry))
        case .special: break
        }
    }

    /// Enough of a file to tell what it is.
    private static let headSize = 1024

    private func mapped(_ error: any Error, _ entry: ArchiveEntry?) -> any Error {
        switch error {
        case let failure as TreeWriter.EditFailure:
            return ExtractionError.rewriting(archive: ledger.archive, entry: failure.entry, cause: failure.cause)
        case let error as SystemError:
            // A thread that writes knows the entry as its error's path.
            let named = entry ?? ArchiveEntry(path: error.path ?? "", kind: .file)
            return ledger.refusal(named, for: error)
        default: return error
        }
    }
}
