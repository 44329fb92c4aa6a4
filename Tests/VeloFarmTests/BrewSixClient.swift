import FoundationEssentials
import Synchronization
import SystemPackage
import Testing
import VeloFormula
import VeloSystem

@testable import VeloFarm

/// What brew 6.0 sends to a mirror, by the same curl options in the same order; brew itself needs a Ruby that is not here.
///
/// It asks for the API's document of its platform, then for the manifests of everything at once, then for the bottles at
/// once. An address of Homebrew's own is written down and not asked: that is what an air-gapped machine makes of it.
final class BrewSixClient: Sendable {
    /// The variables that matter, by brew's names without `HOMEBREW_`.
    struct Settings: Sendable {
        var artifactDomain: String?
        var allowsFallback = false
        var bottleDomain: String?
        var apiDomain: String?
        var dockerRegistryToken: String?
        var dockerRegistryBasicAuthToken: String?
    }

    struct Exchange: Sendable, Equatable, CustomStringConvertible {
        var method: String
        /// The path at the mirror; the whole URL at Homebrew's own.
        var target: String
        /// 0 when nobody answered.
        var status: Int

        var description: String { "\(method) \(target) \(status)" }
    }

    struct Fetched: Sendable {
        var file: FilePath
        /// Of the manifest; nil when no mirror had it.
        var tab: String?
    }

    struct Formula: Decodable, Sendable {
        var stable_version: String
        var revision: Int?
        var bottle_rebuild: Int?
        /// Left out where it is the document's.
        var bottle_tag: String?
        var bottle_checksum: String
        var stable_dependencies: [String]?
    }

    struct Failed: Error {
        var what: String
    }

    private struct Signed: Decodable { var payload: String }
    private struct Packages: Decodable { var formulae: [String: Formula] }
    private struct Index: Decodable {
        struct Entry: Decodable { var annotations: [String: String]? }
        var manifests: [Entry]
    }

    let settings: Settings
    /// `HOMEBREW_CACHE`
    let cache: FilePath
    private let platform = "x86_64_linux"
    private let log = Mutex<[Exchange]>([])

    static let registry = "https://ghcr.io/v2/homebrew/core"
    static let userAgent = "Homebrew/6.0.18 (Linux; x86_64 Ubuntu 24.04.3 LTS) curl/8.5.0"

    init(_ settings: Settings, cache: FilePath) throws {
        self.settings = settings
        self.cache = cache
        try FileTree.makeFolder(cache.appending("downloads"))
    }

    /// Everything asked since the last call.
    func takeLog() -> [String] {
        log.withLock { log in
            defer { log = [] }
            return log.map(\.description)
        }
    }

    // The API.

    var packagesFile: FilePath { cache.appending("api/internal/packages.\(platform).jws.json") }

    /// What `brew update` does before an install: the document of the platform, if it is newer than the one at hand.
    func update() async throws {
        let name = "internal/packages.\(platform).jws.json"
        try FileTree.makeFolder(packagesFile.removingLastComponent())
        // Without brew's --speed-limit and --speed-time: a machine that is busy is no failure of velod's.
        var options = ["--fail", "--compressed", "--silent"]
        options += ["--location", "--remote-time", "--output", packagesFile.string]
        if FileTree.exists(packagesFile) { options += ["--time-cond", packagesFile.string] }
        options += ["--user-agent", Self.userAgent]
        for domain in [settings.apiDomain, "https://formulae.brew.sh/api"].compactMap(\.self) {
            if try await run("GET", ["--disable"] + options, "\(domain)/\(name)") != nil { return }
        }
        guard FileTree.exists(packagesFile) else { throw Failed(what: "no API") }
    }

    func formulae() throws -> [String: Formula] {
        let signed = try JSONDecoder().decode(Signed.self, from: Data(FileTree.read(packagesFile)))
        return try JSONDecoder().decode(Packages.self, from: Data(signed.payload.utf8)).formulae
    }

    // Bottles.

    /// What `install`, `upgrade` and `fetch --deps` download: formulae and what they need, dependencies first.
    func fetch(_ names: [String]) async throws -> [String: Fetched] {
        let formulae = try formulae()
        var order: [String] = []
        func visit(_ name: String) throws {
            guard !order.contains(name) else { return }
            guard let formula = formulae[name] else { throw Failed(what: "no formula \(name)") }
            for dependency in formula.stable_dependencies ?? [] { try visit(dependency) }
            order.append(name)
        }
        for name in names { try visit(name) }
        let bottles = try order.map { name in
            try #require(formulae[name].flatMap { Bottle(name, $0, platform: platform) })
        }
        let tabs = try await all(bottles) { try await self.tab($0) }
        let files = try await all(bottles) { try await self.file($0) }
        return Dictionary(
            uniqueKeysWithValues: zip(bottles, zip(tabs, files)).map {
                ($0.name, Fetched(file: $1.1, tab: $1.0))
            })
    }

    private struct Bottle: Sendable {
        var name: String
        var digest: String
        var file: BottleName

        init?(_ name: String, _ formula: Formula, platform: String) {
            let word = formula.bottle_tag.map { String($0.drop { $0 == ":" }) } ?? platform
            let revision = formula.revision.map { "_\($0)" } ?? ""
            guard let tag = PlatformTag(word),
                let file = BottleName(
                    name: name, packageVersion: formula.stable_version + revision, tag: tag,
                    rebuild: formula.bottle_rebuild ?? 0)
            else { return nil }
            (self.name, digest, self.file) = (name, formula.bottle_checksum, file)
        }
    }

    private func all<Item: Sendable, Result: Sendable>(
        _ items: [Item], _ body: @escaping @Sendable (Item) async throws -> Result
    ) async throws -> [Result] {
        try await withThrowingTaskGroup(of: (Int, Result).self) { group in
            for (number, item) in items.enumerated() { group.addTask { (number, try await body(item)) } }
            var results: [Int: Result] = [:]
            for try await (number, result) in group { results[number] = result }
            return items.indices.compactMap { results[$0] }
        }
    }

    /// What the manifest says of a bottle. Nil is not an error: brew pours without.
    private func tab(_ bottle: Bottle) async throws -> String? {
        let path = "\(bottle.file.imageName)/manifests/\(bottle.file.imageTag)"
        var urls = ["\(settings.bottleDomain ?? Self.registry)/\(path)"]
        if settings.bottleDomain != nil { urls.append("\(Self.registry)/\(path)") }
        let target = location(urls[0], "\(bottle.name)-\(bottle.file.imageTag).bottle_manifest.json")
        if !FileTree.exists(target) {
            let options = ["--header", "Accept: application/vnd.oci.image.index.v1+json"] + authorization
            let patience = settings.bottleDomain == nil ? [] : ["--connect-timeout", "15"]
            guard try await download(urls, to: target, options + patience) else { return nil }
        }
        let index = try JSONDecoder().decode(Index.self, from: Data(FileTree.read(target)))
        let entry = index.manifests.first {
            $0.annotations?["sh.brew.bottle.digest"] == bottle.digest
                && $0.annotations?["org.opencontainers.image.ref.name"] == bottle.file.referenceName
        }
        return entry?.annotations?["sh.brew.tab"]
    }

    private func file(_ bottle: Bottle) async throws -> FilePath {
        let blob = "\(Self.registry)/\(bottle.file.imageName)/blobs/sha256:\(bottle.digest)"
        if let domain = settings.bottleDomain {
            if let file = try await flat("\(domain)/\(bottle.file.flatFilename)", bottle) { return file }
        }
        let target = location(blob, bottle.file.localFilename)
        if FileTree.exists(target) { return target }
        guard try await download([blob], to: target, authorization) else { throw Failed(what: "no \(bottle.name)") }
        try verify(target, bottle)
        return target
    }

    /// A bottle by its flat name: looked at with HEAD, and with a GET that ends after the head where that says too little.
    private func flat(_ url: String, _ bottle: Bottle) async throws -> FilePath? {
        let found = try await headers(url, [], wanted: ["content-disposition"])
        let basename = found?["content-disposition"]?.split(separator: "\"").dropFirst().first.map(String.init)
        let target = location(url, basename ?? bottle.file.flatFilename)
        if let found, FileTree.exists(target), let status = try FileTree.status(target) {
            let modified = CurlHeaders([.init("Date", found["last-modified"] ?? "")]).date("Date")
            if found["content-length"] == "\(status.size)", modified.map({ $0 <= status.modified }) ?? true {
                return target
            }
        }
        guard try await download([url], to: target, []) else { return nil }
        try verify(target, bottle)
        return target
    }

    private func verify(_ file: FilePath, _ bottle: Bottle) throws {
        let actual = try BlobStore.digest(of: file).hex
        guard actual == bottle.digest else { throw Failed(what: "\(bottle.name) has the sha256 \(actual)") }
    }

    func location(_ url: String, _ basename: String) -> FilePath {
        cache.appending("downloads").appending("\(SHA256Digest.of(Array(url.utf8)).hex)--\(basename)")
    }

    private var authorization: [String] {
        if let token = settings.dockerRegistryToken { return ["--header", "Authorization: Bearer \(token)"] }
        if let token = settings.dockerRegistryBasicAuthToken { return ["--header", "Authorization: Basic \(token)"] }
        return settings.artifactDomain == nil ? ["--header", "Authorization: Bearer QQ=="] : []
    }
}

// What is below knows curl, and nothing of bottles.
extension BrewSixClient {
    private var usual: [String] {
        [
            "--disable", "--cookie", "/dev/null", "--globoff", "--show-error", "--user-agent", Self.userAgent,
            "--header",
            "Accept-Language: en",
        ]
    }

    /// Tries the addresses in turn; what has come of an earlier attempt is gone on with.
    private func download(_ urls: [String], to target: FilePath, _ options: [String]) async throws -> Bool {
        let partial = FilePath("\(target).incomplete")
        for url in urls.flatMap(artifacts) {
            var more: [String] = []
            if FileTree.exists(partial), let found = try await headers(url, options, wanted: ["accept-ranges"]),
                found["accept-ranges"] ?? "none" != "none"
            {
                more = ["--continue-at", "-"]
            }
            let words =
                usual + ["--fail", "--silent", "--retry", "3"] + options + [
                    "--remote-time", "--output", partial.string,
                ]
                + more + ["--location"]
            guard try await run("GET", words, url) != nil else { continue }
            try FileTree.rename(partial, to: target)
            return true
        }
        return false
    }

    /// Where `HOMEBREW_ARTIFACT_DOMAIN` leads an address to.
    private func artifacts(_ url: String) -> [String] {
        guard let domain = settings.artifactDomain, url.hasPrefix("https://ghcr.io/") else { return [url] }
        let own = domain + url.dropFirst("https://ghcr.io".count)
        return settings.allowsFallback ? [own, url] : [own]
    }

    /// Header fields by lower-case name; nil when there is no answer that is one.
    private func headers(_ url: String, _ options: [String], wanted: [String]) async throws -> [String: String]? {
        for method in ["HEAD", "GET"] {
            let request = method == "GET" ? ["--request", "GET"] : []
            let words = usual + ["--fail", "--location", "--silent", "--head"] + request + options
            guard let output = try await run(method == "GET" ? "GET…" : method, words, url) else { continue }
            var fields: [String: String] = [:]
            for line in output.split(whereSeparator: \.isNewline).dropFirst() {
                let parts = line.split(separator: ":", maxSplits: 1)
                if parts.count == 2 { fields[parts[0].lowercased()] = String(parts[1].drop { $0 == " " }) }
            }
            if method == "GET" || wanted.contains(where: { fields[$0] != nil }) { return fields }
        }
        return nil
    }

    /// Runs curl, and writes down what came of it; nil when it was not what brew takes for a success.
    private func run(_ method: String, _ words: [String], _ url: String) async throws -> String? {
        guard url.hasPrefix("http://") || url.hasPrefix("https://127.0.0.1") else {
            log.withLock { $0.append(Exchange(method: method, target: url, status: 0)) }
            return nil
        }
        let result = try await Program.run(
            "curl", list: words + ["--max-time", "300", "--write-out", "\n%{http_code}", url])
        let status = result.output.split(separator: "\n").last.flatMap { Int($0) } ?? 0
        let path =
            "/"
            + url.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)[2].drop { $0 != "/" }
            .dropFirst()
        log.withLock { $0.append(Exchange(method: method, target: path, status: status)) }
        return result.exit.isSuccess ? result.output : nil
    }
}
