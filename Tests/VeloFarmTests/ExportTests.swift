import SystemPackage
import Testing
import VeloCore
import VeloSystem

@testable import VeloFarm

@Suite("Export and import", .timeLimit(.minutes(2)))
struct ExportTests {
    private func order(_ farm: Farm, _ order: AdminOrder) async throws -> AdminReport {
        try await AdminDesk(farm: farm).carryOut(order)
    }

    private func request(_ names: [String], _ target: FilePath, base: FilePath? = nil) -> AdminOrder {
        .exportSet(
            ExportRequest(names: names, target: target.string, base: base?.string, platforms: [], includesSources: true)
        )
    }

    @Test(
        "what one farm exports another imports whole, with closure, tap and signature", arguments: ["set", "set.tar"])
    func roundTrip(_ form: String) async throws {
        try await ServerFixture.run(["hello": "", "app": "depends_on \"hello\"", "other": ""]) {
            (first: ServerFixture) async throws in
            _ = try await first.build("app")
            _ = try await first.build("other")
            let target = first.scratch.path.appending(form)
            let report = try await order(first.farm, request(["app"], target))
            #expect(report.problems.isEmpty)
            let key = first.farm.signer.publicKey
            try await ServerFixture.run { (second: ServerFixture) async throws in
                await #expect(throws: AdminError.self) {
                    try await order(second.farm, .importSet(path: target.string, trusted: [], isDryRun: false))
                }
                #expect(try await second.farm.database.bottles().isEmpty)
                _ = try await order(second.farm, .importSet(path: target.string, trusted: [key], isDryRun: true))
                #expect(try await second.farm.database.bottles().isEmpty)
                _ = try await order(second.farm, .importSet(path: target.string, trusted: [key], isDryRun: false))
                for name in ["app", "hello"] {
                    let path = "/v2/velo/test/\(name)/manifests/1.0"
                    #expect(try await second.get(path).body == first.get(path).body)
                }
                #expect(try await second.get("/v2/velo/test/other/manifests/1.0").status == 404)
                let formula = try #require(try await second.catalog().formulae.first { $0.name == "app" })
                let bottle = try #require(formula.bottles.first)
                #expect(
                    try BlobStore.digest(of: second.farm.blobs.path(#require(SHA256Digest(hex: bottle.sha256)))).hex
                        == bottle.sha256)
                #expect(try await second.head("/bottles/app-1.0.x86_64_linux.bottle.tar.gz").status == 200)
                #expect(try await order(second.farm, .check).problems.isEmpty)
            }
        }
    }

    @Test("an export goes on where it stopped, and leaves out what a former one has", arguments: ["one", "one.tar"])
    func resuming(_ form: String) async throws {
        try await ServerFixture.run(["hello": "", "other": ""]) { (server: ServerFixture) async throws in
            _ = try await server.build("hello")
            let (first, second) = (server.scratch.path.appending(form), server.scratch.path.appending("second"))
            _ = try await order(server.farm, request([], first))
            let again = try await order(server.farm, request([], first))
            #expect(again.lines.contains { $0.contains("; 0 of them written now") })
            _ = try await server.build("other")
            let report = try await order(server.farm, request([], second, base: first))
            #expect(report.lines.contains { $0.contains("are in the base") && !$0.contains(" 0 are in the base") })
            let description = try SetArchive.description(of: second)
            let set = try WireCoding.decode(ExportedSet.self, from: description)
            #expect(set.base != nil)
            #expect(set.blobs.contains { $0.isInBase } && set.blobs.contains { !$0.isInBase })
            let key = server.farm.signer.publicKey
            try await ServerFixture.run { (other: ServerFixture) async throws in
                await #expect(throws: AdminError.self, "its base has to come first") {
                    try await order(other.farm, .importSet(path: second.string, trusted: [key], isDryRun: false))
                }
                _ = try await order(other.farm, .importSet(path: first.string, trusted: [key], isDryRun: false))
                _ = try await order(other.farm, .importSet(path: second.string, trusted: [key], isDryRun: false))
                #expect(try await other.get("/v2/velo/test/other/manifests/1.0").status == 200)
            }
        }
    }

    @Test("a damaged set changes nothing, and says what is wrong")
    func damage() async throws {
        try await ServerFixture.run(["hello": ""]) { (server: ServerFixture) async throws in
            _ = try await server.build("hello")
            let target = server.scratch.path.appending("set")
            _ = try await order(server.farm, request([], target))
            let digest = try #require(try await server.farm.database.bottles().first).digest
            let file = target.pushing(FilePath(ExportedSet.blobPath(digest)))
            try FileTree.setMode(file, 0o644)
            var bytes = try FileTree.read(file)
            bytes[bytes.count / 2] ^= 1
            try FileTree.write(bytes, to: file)
            let key = server.farm.signer.publicKey
            try await ServerFixture.run { (other: ServerFixture) async throws in
                let error = await #expect(throws: AdminError.self) {
                    try await order(other.farm, .importSet(path: target.string, trusted: [key], isDryRun: false))
                }
                #expect(error?.summary.contains(digest.hex) == true)
                #expect(try await other.farm.database.bottles().isEmpty)
                #expect(try await other.farm.database.taps().isEmpty)
            }
        }
    }

    @Test("what an export lacks is a list, and not a surprise")
    func missing() async throws {
        try await ServerFixture.run(["hello": ""]) { (server: ServerFixture) async throws in
            _ = try await server.build("hello")
            let report = try await order(
                server.farm, request(["hello", "nothing"], server.scratch.path.appending("set")))
            #expect(report.problems == ["`nothing`: no version of it is here"])
        }
    }

    @Test("a folder of bottles with the JSON of brew is taken, flat, as images and in the registry")
    func brewBottles() async throws {
        try await ServerFixture.run { (server: ServerFixture) async throws in
            let folder = server.scratch.path.appending("bottles")
            try FileTree.makeFolder(folder.pushing("gtk+3/3.0_1/bin"))
            try FileTree.write(Array("#!/bin/sh\n".utf8), to: folder.pushing("gtk+3/3.0_1/bin/gtk"), mode: 0o755)
            let file = folder.appending("gtk+3--3.0_1.x86_64_linux.bottle.2.tar.gz")
            _ = try await Program.run("tar", "-C", folder.string, "-czf", file.string, "gtk+3")
            let digest = try BlobStore.digest(of: file)
            let json = """
                {"homebrew/core/gtk+3":{"formula":{"name":"gtk+3","pkg_version":"3.0_1","desc":"A toolkit","license":"MIT",
                "homepage":"https://example.org"},"bottle":{"root_url":"x","cellar":"any","rebuild":2,"tags":{"x86_64_linux":{
                "filename":"gtk%2B3-3.0_1.x86_64_linux.bottle.2.tar.gz","local_filename":"\(file.lastComponent?.string ?? "")",
                "sha256":"\(digest.hex)","tab":{"homebrew_version":"4.2.21","changed_files":["bin/gtk"],"arch":"x86_64"},
                "path_exec_files":["bin/gtk"],"installed_size":10}}}}}
                """
            try FileTree.write(Array(json.utf8), to: folder.appending("gtk+3--3.0_1.x86_64_linux.bottle.json"))
            let report = try await order(server.farm, .importBottles(folder: folder.string, tap: nil))
            #expect(report.lines == ["homebrew/core/gtk+3 3.0_1.x86_64_linux.2"])
            let index = try await server.get("/v2/homebrew/core/gtkx3/manifests/3.0_1-2")
            #expect(index.status == 200)
            #expect(index.body.contains("\"sh.brew.bottle.digest\":\"\(digest.hex)\""))
            #expect(index.body.contains("changed_files"))
            let flat = try await server.head("/bottles/gtk%2B3-3.0_1.x86_64_linux.bottle.2.tar.gz")
            #expect(flat.headers["content-disposition"]?.contains("gtk%2B3-3.0_1") == true)
            try FileTree.write(Array("other".utf8), to: file)
            await #expect(throws: FarmError.self) {
                try await order(server.farm, .importBottles(folder: folder.string, tap: nil))
            }
        }
    }

    @Test("a backup of a running farm restores what it had")
    func backup() async throws {
        try await ServerFixture.run(["hello": ""]) { (server: ServerFixture) async throws in
            _ = try await server.build("hello")
            let folder = server.scratch.path.appending("backup")
            _ = try await order(server.farm, .backup(folder: folder.string))
            let data = DataFolder(server.scratch.path.appending("restored"))
            try Backup.restore(folder, to: data)
            let database = try FarmDatabase(data.database)
            #expect(try await database.bottles().map(\.formula) == ["hello"])
            try database.close()
            #expect(try CatalogSigner(data.keys).publicKey == server.farm.signer.publicKey)
            await #expect(throws: AdminError.self) { try await order(server.farm, .backup(folder: folder.string)) }
            #expect(throws: AdminError.self) { try Backup.restore(server.scratch.path.appending("tap"), to: data) }
        }
    }
}
