import FoundationEssentials
import Synchronization
import VeloFormula
import VeloSystem
import VeloTestSupport

@testable import VeloFarm

/// Homebrew as the network shows it: a registry that wants a token and sends blobs from another host, and the API.
final class HomebrewUpstream: Sendable {
    struct Bottle: Sendable {
        var name: BottleName
        var bytes: [UInt8]
        var dependencies: [String] = []

        var digest: SHA256Digest { SHA256Digest.of(bytes) }

        init(
            _ name: String, _ version: String, tag: PlatformTag = .test, rebuild: Int = 0, size: Int = 20_000,
            dependencies: [String] = []
        ) throws {
            guard let bottle = BottleName(name: name, packageVersion: version, tag: tag, rebuild: rebuild) else {
                throw FarmError.unusableBottleName(name)
            }
            self.name = bottle
            self.dependencies = dependencies
            let seed = name.utf8.reduce(UInt8(version.utf8.count)) { $0 &* 31 &+ $1 }
            bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7 ^ $0 >> 9) ^ seed }
        }

        var index: String {
            """
            {"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":\
            "sha256:\(String(repeating: "0", count: 64))","size":2,"annotations":{"org.opencontainers.image.ref.name":\
            "\(name.referenceName)","sh.brew.bottle.digest":"\(digest.hex)","sh.brew.bottle.size":"\(bytes.count)",\
            "sh.brew.tab":"{\\"homebrew_version\\":\\"6.0.18\\",\\"changed_files\\":[\\"bin/\(name.name)\\"]}"}}],\
            "annotations":{"com.github.package.type":"homebrew_bottle","org.opencontainers.image.title":"\(name.name)"}}
            """
        }

        fileprivate var entry: String {
            var fields = [
                "\"stable_version\":\"\(name.packageVersion)\"", "\"bottle_checksum\":\"\(digest.hex)\"",
                "\"stable_dependencies\":[\(dependencies.map { "\"\($0)\"" }.joined(separator: ","))]",
            ]
            if name.rebuild > 0 { fields.append("\"bottle_rebuild\":\(name.rebuild)") }
            if name.tag != .test { fields.append("\"bottle_tag\":\":\(name.tag)\"") }
            return "\"\(name.name)\":{\(fields.joined(separator: ","))}"
        }
    }

    /// What there is at the moment.
    private final class World: Sendable {
        let now: Mutex<(bottles: [Bottle], modified: Int)>

        init(_ bottles: [Bottle], modified: Int) { now = Mutex((bottles, modified)) }
    }

    let server: LoopbackServer
    private let world: World

    /// Seconds since 1970, before any test runs.
    static let firstDay = 1_700_000_000
    static let apiPath = "internal/packages.x86_64_linux.jws.json"

    init(_ bottles: [Bottle]) throws {
        let world = World(bottles, modified: Self.firstDay)
        server = try LoopbackServer { request, _ in
            let (bottles, modified) = world.now.withLock { $0 }
            return Self.answer(request, bottles, modified)
        }
        self.world = world
    }

    /// What Homebrew publishes next, a while after what it had.
    func publish(_ bottles: [Bottle], at seconds: Int) { world.now.withLock { $0 = (bottles, seconds) } }

    /// The API's document for Linux, as it is now.
    var packages: String { world.now.withLock { Self.packages($0.bottles, $0.modified) } }

    var requests: [String] { server.requests.map { "\($0.method) \($0.target)" } }

    private static func packages(_ bottles: [Bottle], _ modified: Int) -> String {
        let payload =
            "{\"metadata\":{\"generated_at\":\(modified)},\"formulae\":{\(bottles.map(\.entry).joined(separator: ","))}}"
        let text = payload.replacing("\"", with: "\\\"")
        return "{\"payload\": \"\(text)\",\n \"signatures\": [{\"header\": {\"kid\": \"homebrew-1\"}}]}\n"
    }

    private static func answer(
        _ request: LoopbackServer.Request, _ bottles: [Bottle], _ modified: Int
    ) -> LoopbackReply {
        let host = request.headers["host"] ?? ""
        if request.target.hasPrefix("/token") { return .text("{\"token\":\"everybody\"}") }
        if request.target == "/api/" + apiPath {
            let headers = [("Last-Modified", HTTPDate.text(modified)), ("Content-Type", "application/json")]
            if request.headers["if-modified-since"] == HTTPDate.text(modified) {
                return .text("", status: 304, headers)
            }
            return .text(packages(bottles, modified), headers)
        }
        if request.target.hasPrefix("/cdn/") {
            guard let bottle = bottles.first(where: { request.target.hasSuffix($0.digest.hex) }) else {
                return .text("gone", status: 404)
            }
            // A store of signed addresses refuses whoever shows a token of somebody else.
            return request.headers["authorization"] == nil ? .ranged(bottle.bytes, request) : .text("", status: 400)
        }
        guard request.target.hasPrefix("/v2/") else { return .text("nothing", status: 404) }
        guard request.headers["authorization"] == "Bearer everybody" else {
            let challenge = "Bearer realm=\"http://\(host)/token\",service=\"ghcr.io\",scope=\"repository:core:pull\""
            return .text("{}", status: 401, [("WWW-Authenticate", challenge)])
        }
        for bottle in bottles {
            let image = "/v2/homebrew/core/\(bottle.name.imageName)"
            if request.target == "\(image)/manifests/\(bottle.name.imageTag)" {
                return .text(bottle.index, [("Content-Type", "application/vnd.oci.image.index.v1+json")])
            }
            if request.target == "\(image)/blobs/\(bottle.digest.ociDigest)" {
                let port = host.split(separator: ":").last ?? ""
                return .redirect(to: "http://localhost:\(port)/cdn/\(bottle.digest.hex)", status: 307)
            }
        }
        return .text("{\"errors\":[]}", status: 404)
    }
}
