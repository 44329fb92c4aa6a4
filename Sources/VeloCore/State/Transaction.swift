package import SystemPackage
package import VeloSystem

/// Changes to a prefix that happen together: a process that dies at any instruction leaves all of them or none.
///
/// Each batch of changes is written to the journal, and flushed, before the first of them is carried out:
///
/// ```
/// var/velo/journal/begin          {"started": 1795492800, "title": "install hello", "scratch": "var/velo/staging/x"}
/// var/velo/journal/00001 …        [{"makeLink": {"_0": "bin/hello", "target": "../Cellar/hello/2.10/bin/hello"}}, …]
/// ```
///
/// Moving the journal's folder away is the commit. A journal that is found at the start of a run is undone, in reverse.
/// The caller holds the prefix's lock.
package struct Transaction {
    /// Called before each change.
    package typealias Watch = (Change) throws -> Void

    /// Thrown by a watch, it stands for the end of the process: nothing is undone.
    package struct Death: Error {
        package init() {}
    }

    /// What the journal says of itself.
    package struct Header: Codable, Sendable, Equatable {
        /// Seconds since 1970.
        package var started: Int
        package var title: String
        /// Relative to the prefix.
        package var scratch: String
    }

    private let prefix: Prefix
    private let scratch: FilePath
    private let watch: Watch
    private var batches = 0
    private var done: [Change] = []

    /// Runs `body` as a transaction: what it throws undoes its changes, and its return commits them.
    ///
    /// - Parameter scratch: A folder that `makeScratch` made. It is gone afterwards, whatever happens.
    package static func run<Result>(
        in prefix: Prefix, scratch: FilePath, title: String, time: Int, watch: @escaping Watch = { _ in },
        _ body: (inout Transaction) throws -> Result
    ) throws -> Result {
        guard let relative = prefix.relative(scratch) else { throw TransactionError.foreignScratch(scratch) }
        if FileTree.exists(prefix.journal) { throw TransactionError.unfinished(prefix.journal) }
        var transaction = Transaction(prefix: prefix, scratch: scratch, watch: watch)
        try transaction.begin(Header(started: time, title: title, scratch: relative))
        let result: Result
        do {
            result = try body(&transaction)
        } catch let death as Death {
            throw death
        } catch {
            try transaction.rollBack()
            throw error
        }
        try transaction.commit()
        return result
    }

    private init(prefix: Prefix, scratch: FilePath, watch: @escaping Watch) {
        self.prefix = prefix
        self.scratch = scratch
        self.watch = watch
    }

    private func begin(_ header: Header) throws {
        try FileTree.makeFolder(prefix.journal)
        try FileTree.replace(prefix.journal.appending("begin"), with: try WireCoding.encode(header))
        try FileTree.flushFolder(prefix.journal)
    }

    /// Makes the folder that a run stages into.
    package static func makeScratch(in prefix: Prefix) throws(SystemError) -> FilePath {
        try FileTree.makeScratch(in: prefix.staging, prefix: "run-")
    }

    /// Writes the changes down, then carries them out in order.
    package mutating func perform(_ changes: [Change]) throws {
        guard !changes.isEmpty else { return }
        batches += 1
        let digits = String(batches)
        let name = String(repeating: "0", count: max(0, 5 - digits.count)) + digits
        try FileTree.replace(prefix.journal.appending(name), with: try WireCoding.encode(changes))
        try FileTree.flushFolder(prefix.journal)
        done += changes
        for change in changes {
            try watch(change)
            try change.apply(in: prefix)
        }
    }

    /// From here on the new state holds.
    private func commit() throws(SystemError) {
        try FileTree.rename(prefix.journal, to: scratch.appending("journal"))
        // Were the folder's old entry to come back after a power cut, the kegs that it would restore had to be there.
        try FileTree.flushFolder(prefix.journal.removingLastComponent())
        // The new state holds already; what stays behind is swept at the next start.
        try? FileTree.remove(scratch)
    }

    /// Restores the old state.
    private func rollBack() throws(SystemError) {
        try Self.undo(done, in: prefix)
        try FileTree.remove(prefix.journal)
        try FileTree.remove(scratch)
    }

    /// Undoes what a run that died left half done, and sweeps its scratch folders. Nil if there was nothing to undo.
    package static func recover(_ prefix: Prefix) throws -> Header? {
        var header: Header?
        if FileTree.exists(prefix.journal) {
            var changes: [Change] = []
            for name in try FileTree.names(in: prefix.journal) where !name.hasPrefix(".") {
                let bytes = try FileTree.read(prefix.journal.appending(name))
                do {
                    if name == "begin" {
                        header = try WireCoding.decode(Header.self, from: bytes)
                    } else {
                        changes += try WireCoding.decode([Change].self, from: bytes)
                    }
                } catch {
                    throw TransactionError.unreadableJournal(prefix.journal.appending(name), error)
                }
            }
            try undo(changes, in: prefix)
            try FileTree.remove(prefix.journal)
        }
        if FileTree.exists(prefix.staging) {
            for name in try FileTree.names(in: prefix.staging) {
                try FileTree.remove(prefix.staging.appending(name))
            }
        }
        return header
    }

    private static func undo(_ changes: [Change], in prefix: Prefix) throws(SystemError) {
        for change in changes.reversed() { try change.undo(in: prefix) }
    }
}

/// What can be wrong with a journal.
package enum TransactionError: Problem {
    case foreignScratch(FilePath)
    case unfinished(FilePath)
    case unreadableJournal(FilePath, any Error)

    package var summary: String {
        switch self {
        case .foreignScratch(let path): "the scratch folder `\(path)` is not in the prefix"
        case .unfinished(let path): "`\(path)` holds a transaction that was never finished"
        case .unreadableJournal(let path, _): "the journal's file `\(path)` cannot be read"
        }
    }

    package var cause: (any Error)? {
        guard case .unreadableJournal(_, let error) = self else { return nil }
        return error
    }

    package var hints: [String] {
        guard case .unreadableJournal(let path, _) = self else { return [] }
        return ["move `\(path.removingLastComponent())` away and run `velo doctor`"]
    }

    package var severity: ProblemSeverity {
        if case .foreignScratch = self { .bug } else { .refused }
    }
}
