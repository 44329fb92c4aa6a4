import Glibc
import Synchronization
package import SystemPackage

/// A new folder that an archive is unpacked into, whose files are written by several threads.
///
/// Folders and links are made at once, by the thread that reads the archive; so is every file's parent. What a file
/// holds is written, edited and finished by whichever thread is free. `drain` waits for all of it and throws what went
/// wrong first.
package struct TreeWriter: ~Copyable {
    private var destination: ArchiveDestination
    private let jobs = BoundedQueue<WriteJob>(capacity: 512)
    private let outcome = WriteOutcome()
    private var threads: [WorkerThread] = []
    private let threadCount: Int

    /// A file to be written.
    package struct Plan: Sendable {
        package var entry: String
        package var mode: UInt32
        /// Seconds since 1970.
        package var modified: Int
        package var edit: FileEdit

        package init(entry: String, mode: UInt32, modified: Int, edit: FileEdit) {
            self.entry = entry
            self.mode = mode
            self.modified = modified
            self.edit = edit
        }
    }

    /// A file that could not be edited, and why.
    package struct EditFailure: Error {
        package var entry: String
        package var cause: any Error
    }

    /// Creates the folder, which must not exist yet.
    package init(creating path: FilePath, threads: Int) throws(SystemError) {
        destination = try ArchiveDestination(creating: path)
        threadCount = threads
    }

    deinit {
        jobs.close()
        for thread in threads { thread.join() }
    }

    package mutating func makeFolder(_ entry: String) throws { try destination.makeFolder(entry) }

    package mutating func makeLink(_ entry: String, to target: String) throws {
        try destination.makeLink(entry, to: target)
    }

    /// Gives another name to a file; after `drain`.
    package mutating func makeHardLink(_ entry: String, to existing: String) throws {
        try destination.makeHardLink(entry, to: existing)
    }

    /// Gives a folder its final mode and time; after everything else.
    package mutating func finishFolder(_ entry: String, mode: UInt32, modified: Int) throws {
        try destination.finishFolder(entry, mode: mode, modified: modified)
    }

    /// Writes a file whose content is the rest of a reader's current entry.
    package mutating func makeFile(_ plan: Plan, restOf reader: inout BottleReader) throws {
        try outcome.check()
        let (parent, name) = try destination.openParent(of: plan.entry)
        let file = OutputFile(plan, parent: parent, name: name)
        if case .whole(let edit) = plan.edit {
            return submit(.whole(file, try reader.rest(), edit))
        }
        guard let first = try reader.slice() else { return submit(.small(file, nil)) }
        guard let second = try reader.slice() else { return submit(.small(file, first)) }
        try file.open()
        submit(.piece(file, first, at: 0))
        submit(.piece(file, second, at: first.count))
        var offset = first.count + second.count
        while let slice = try reader.slice() {
            submit(.piece(file, slice, at: offset))
            offset += slice.count
            try outcome.check()
        }
        file.seal(count: offset, outcome)
    }

    private mutating func submit(_ job: WriteJob) {
        if case .piece(let file, _, _) = job { file.expectPiece() }
        if threads.isEmpty {
            let (jobs, outcome) = (jobs, outcome)
            for _ in 0..<threadCount {
                threads.append(WorkerThread { while let job = jobs.take() { job.run(outcome) } })
            }
        }
        jobs.put(job)
    }

    /// Waits until every file is written. Returns the entries of those that an edit changed.
    package mutating func drain() throws -> [String] {
        jobs.close()
        for thread in threads { thread.join() }
        threads = []
        try outcome.check()
        return outcome.changed
    }
}

/// What the threads of a writer report: the first failure, and what was edited.
final class WriteOutcome: Sendable {
    private let state = Mutex<(failure: (any Error)?, changed: [String])>((nil, []))

    func check() throws {
        if let failure = state.withLock({ $0.failure }) { throw failure }
    }

    func fail(_ error: any Error) { state.withLock { if $0.failure == nil { $0.failure = error } } }

    func noteChange(_ entry: String) { state.withLock { $0.changed.append(entry) } }

    var hasFailed: Bool { state.withLock { $0.failure != nil } }

    /// In byte order, whatever order they were written in.
    var changed: [String] {
        state.withLock { $0.changed.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) } }
    }
}

/// One thing for a writer's thread to do.
enum WriteJob: Sendable {
    /// A file whose content is in one block, or empty.
    case small(OutputFile, ByteSlice?)
    /// A file that is rewritten as a whole.
    case whole(OutputFile, [UInt8], @Sendable ([UInt8]) throws -> [UInt8]?)
    /// A part of a file that is open.
    case piece(OutputFile, ByteSlice, at: Int)

    func run(_ outcome: WriteOutcome) {
        // After a failure all that is left is to let go of the blocks.
        guard !outcome.hasFailed else { return }
        do {
            switch self {
            case .small(let file, let slice):
                try file.open()
                if let slice { try unsafe file.write(slice.raw, at: 0) }
                try file.finish(count: slice?.count ?? 0, outcome)
            case .whole(let file, var bytes, let edit):
                do {
                    if let changed = try edit(bytes) {
                        bytes = changed
                        outcome.noteChange(file.plan.entry)
                    }
                } catch {
                    throw TreeWriter.EditFailure(entry: file.plan.entry, cause: error)
                }
                try file.open()
                try unsafe bytes.withUnsafeBytes { try unsafe file.write($0, at: 0) }
                try file.finish(count: bytes.count, outcome)
            case .piece(let file, let slice, let offset):
                try unsafe file.write(slice.raw, at: offset)
                try file.pieceDone(outcome)
            }
        } catch {
            outcome.fail(error)
        }
    }
}
