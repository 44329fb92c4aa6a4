import ArgumentParser
import SystemPackage
import VeloCore
import VeloSystem

struct FetchCommand: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "fetch", abstract: "Download files, over several streams, and verify them.",
        discussion: """
            What was interrupted goes on where it stopped when the same command is run again. A file gets its name when \
            all of it is here and its sha256 is right; until then it is `FILE.partial`.

            Prints a line with the sha256 and the path of each file, as `sha256sum` does.
            """)

    @Argument(help: ArgumentHelp("What to fetch.", valueName: "url"))
    var urls: [String] = []

    @Option(help: ArgumentHelp("The digest that the file must have.", valueName: "hex"))
    var sha256: String?

    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: ArgumentHelp("Where to put it; the end of the URL, in this folder, if not given.", valueName: "file"))
    var file: String?

    @Option(help: ArgumentHelp("Bring each file over so many streams, 1 to 64.", valueName: "number"))
    var streams: Int?

    @Option(help: ArgumentHelp("Where else the file is; may be given several times.", valueName: "url"))
    var mirror: [String] = []

    @Option(
        help: ArgumentHelp(
            "A file with the token that lets you in at the hosts of the URLs and mirrors, and goes to no others.",
            valueName: "file"))
    var tokenFile: String?

    @Option(help: ArgumentHelp("Bytes a second for all files together, as `500K` or `2.5M`.", valueName: "rate"))
    var limit: String?

    @Option(
        help: ArgumentHelp("A list: a URL in each line, `sha256=HEX` and `out=FILE` behind it.", valueName: "file"))
    var input: String?

    @Option(help: ArgumentHelp("How many files at once.", valueName: "number"))
    var jobs: Int = 32

    @Option(help: ArgumentHelp("Give up a file after so many seconds.", valueName: "seconds"))
    var timeout: Int?

    @OptionGroup var progress: ProgressOptions
    @OptionGroup var format: JSONOptions
    @OptionGroup var output: OutputOptions

    var flags: [SettingKey: String] {
        (streams.map { [.streams: String($0)] } ?? [:]).merging(progress.flags) { $1 }
    }
    var printsJSON: Bool { format.json }

    func run(in session: Session) async throws {
        let jobs = try list()
        var policy = session.makePolicy()
        policy.bandwidth = try limit.map { try FetchUsage.rate($0) }
        policy.totalTimeout = timeout.map { .seconds(max(1, $0)) }
        policy.isOffline = session.settings.isOffline
        if let tokenFile { policy.credentials = try credentials(for: jobs, tokenFile) + policy.credentials }
        let fetching = Fetching(
            session: session, engine: TransferEngine(policy: policy),
            blobs: BlobCache(root: session.settings.cache.appending("blobs"), isOffline: policy.isOffline),
            printsJSON: format.json, count: jobs.count)
        let outcome = await fetching.run(jobs, atOnce: max(1, min(self.jobs, 256)))
        if format.json { session.console.data(try JSONText.of(Document(files: outcome.files))) }
        if outcome.problems.count > 1 { throw Problems(all: outcome.problems) }
        if let problem = outcome.problems.first { throw problem }
    }

    private func credentials(for jobs: [FetchJob], _ path: String) throws -> [TransferCredential] {
        let token = try FileTree.readText(FilePath(path)).split(whereSeparator: \.isWhitespace)
        guard token.count == 1, token[0].utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw FetchUsage.badToken(path)
        }
        return jobs.flatMap(\.request.mirrors).compactMap { TransferCredential(for: $0.url, .bearer(String(token[0]))) }
    }

    /// - Throws: `FetchUsage`, and what reading the list does.
    private func list() throws -> [FetchJob] {
        let digest = try sha256.map { text in
            guard let digest = SHA256Digest(hex: text) else { throw FetchUsage.badDigest(text) }
            return digest
        }
        if urls.count + (input == nil ? 0 : 2) > 1 {
            for (option, isGiven) in [
                ("--sha256", digest != nil), ("--output", file != nil), ("--mirror", !mirror.isEmpty),
            ] where isGiven {
                throw FetchUsage.severalForOne(option)
            }
        }
        var jobs = try urls.map { try FetchJob($0, mirrors: mirror, digest: digest, output: file) }
        if let input { jobs += try FetchJob.list(try FileTree.readText(FilePath(input)), in: input) }
        guard !jobs.isEmpty else { throw FetchUsage.nothing }
        return jobs
    }

    private struct Document: Encodable {
        var schema = 1
        var files: [FetchedFile]
    }
}

/// What came of one file.
struct FetchedFile: Encodable, Sendable {
    var path: String
    var sha256: String
    var size: Int
    var url: String?
    var seconds: Double
    var bytesPerSecond: Int
    var streams: Int
    var retries: Int
    var firstByteSeconds: Double?
    var fromCache: Bool
}
