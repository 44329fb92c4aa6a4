import SystemPackage
import VeloSystem

/// What is left beside the file for a later run.
extension FileDownload {
    /// What an earlier run has left, when it suits; else the file is emptied.
    func resumable() throws -> DownloadJournal? {
        let size = try file.size()
        // Looked for first: removing what is not there takes the folder's lock, which hundreds of small files feel.
        guard FileTree.exists(journalPath) else {
            if size > 0 { try file.truncate(to: 0) }
            return nil
        }
        hasJournal = true
        if size > 0, let bytes = try? FileTree.read(journalPath, limit: 1 << 20), let journal = DownloadJournal(bytes),
            !journal.held.isEmpty, journal.suits(request, size: size, boot: HostBoot.identifier())
        {
            return journal
        }
        // Whatever is there, it cannot be told what it is.
        try file.truncate(to: 0)
        try removeJournal()
        return nil
    }

    /// Has the bytes of an earlier run hashed, and tells of them.
    func follow() {
        guard !machine.held.isEmpty, completion != nil else { return }
        reserved = machine.total
        hasher.advance(to: machine.held.prefix)
        events(.resumed(bytes: machine.held.count))
    }

    /// Writes down what is in the file, if that has changed.
    func keepJournal() {
        guard completion != nil, machine.keepsPartial, report.journaled != machine.held else { return }
        writeJournal()
    }

    private func writeJournal() {
        guard let journal = machine.journal(boot: HostBoot.identifier()) else { return }
        // Without it a later run begins again, that is all.
        hasJournal = true
        try? FileTree.overwrite(journal.bytes, to: journalPath)
        report.journaled = machine.held
    }

    /// The download has failed: keeps what is good for another run, and nothing else.
    func leave() {
        if machine.keepsPartial, machine.total != nil {
            writeJournal()
        } else {
            // The first error is the one to tell; leftovers are only bytes.
            try? FileTree.removeFile(file.path)
            try? removeJournal()
        }
    }

    func removeJournal() throws {
        guard hasJournal else { return }
        try FileTree.removeFile(journalPath)
        hasJournal = false
        report.journaled = nil
    }
}

extension DownloadMachine {
    /// Nil while the size is not known: then there is nothing to go on with.
    func journal(boot: String) -> DownloadJournal? {
        guard let total else { return nil }
        let mirror = origin ?? order.first ?? 0
        return DownloadJournal(
            total: total, url: mirrors[mirror].url.description,
            validator: origin == nil ? nil : mirrors[mirror].validator, digest: request.digest, boot: boot, held: held)
    }

    /// How many bytes of a stream are worth collecting: no more than it brings.
    func buffer(for id: StreamID) -> Int {
        let most = 256 << 10
        guard let stream = streams[id], stream.end != nil else { return most }
        return max(4096, min(most, stream.remaining))
    }

    /// Where the next byte of a stream goes.
    func position(of id: StreamID) -> Int? { streams[id]?.position }
}
