import HTTPTypes
import Hummingbird
import NIOCore
import SystemPackage
import VeloFormula
import VeloSystem

/// `/git/USER/REPO/…`: taps over git's smart HTTP, for `brew tap`, `HOMEBREW_CORE_GIT_REMOTE` and `git clone`.
///
/// Read only. A repository is served as it is; a tap that is a plain folder as a repository made from it.
/// `git upload-pack` does the talking; its answer goes through a file, so that a slow client holds no process.
struct GitRoutes: Sendable {
    let farm: Farm

    func add(to router: Router<FarmRequestContext>) {
        router.get("/git/:user/:repo/info/refs") { request, context in
            let service = request.uri.queryParameters["service"].map(String.init) ?? ""
            guard service == "git-upload-pack" else {
                throw HTTPError(.forbidden, message: "taps can be fetched from here, and not pushed to")
            }
            let folder = try await repository(context)
            var response = try await run(["--advertise-refs"], folder, request, input: nil)
            response.headers[.contentType] = "application/x-git-upload-pack-advertisement"
            return response
        }
        router.post("/git/:user/:repo/git-upload-pack") { request, context in
            let folder = try await repository(context)
            let body: ByteBuffer
            do {
                body = try await request.body.collect(upTo: 32 << 20)
            } catch {
                throw HTTPError(.contentTooLarge, message: "the request is larger than 32 MiB")
            }
            var response = try await run([], folder, request, input: Array(body.readableBytesView))
            response.headers[.contentType] = "application/x-git-upload-pack-result"
            return response
        }
    }

    private func repository(_ context: FarmRequestContext) async throws -> FilePath {
        let user = try context.parameters.require("user")
        var repository = try context.parameters.require("repo")
        if repository.hasSuffix(".git") { repository.removeLast(4) }
        guard let name = TapName("\(user)/\(repository)"),
            let folder = try await farm.taps.gitFolder(name, farm.folder.git)
        else { throw HTTPError(.notFound, message: "there is no tap `\(user)/\(repository)` here") }
        return folder
    }

    private func run(
        _ options: [String], _ folder: FilePath, _ request: Request, input: [UInt8]?
    ) async throws -> Response {
        let scratch = try FileTree.makeScratch(in: farm.folder.fills, prefix: "git-")
        let file = try GrowingFile(scratch.appending("answer"))
        var environment = ["PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "HOME": "/nonexistent"]
        if let version = request.headers[.gitProtocol], version.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) {
            environment["GIT_PROTOCOL"] = version
        }
        let git = ["git", "-c", "safe.directory=*", "upload-pack", "--stateless-rpc"] + options + [folder.string]
        // Large requests come compressed.
        let isPacked = request.headers[.contentEncoding] == "gzip"
        let words = isPacked ? ["/bin/sh", "-c", "gzip -dc | \"$@\"", "sh"] + git : ["/usr/bin/env"] + git
        var command = ChildCommand(words, environment: environment, directory: nil, input: input)
        command.standardError = .discarded
        command.timeLimit = .seconds(1800)
        let prepared = command
        let isAdvertisement = !options.isEmpty && request.headers[.gitProtocol]?.contains("version=2") != true
        file.begin(total: nil)
        Task {
            do {
                if isAdvertisement {
                    try Array("001e# service=git-upload-pack\n0000".utf8).withUnsafeBytes { try file.append($0) }
                }
                let exit = try await BlockingThread.run {
                    try ChildProcess.run(prepared) { bytes in
                        // A full disk shows below: the answer is cut off.
                        try? bytes.withUnsafeBytes { try file.append($0) }
                    }
                }
                guard exit.isSuccess else {
                    throw HTTPError(.internalServerError, message: "git ended with \(exit.status)")
                }
                file.finish(.success(()))
            } catch {
                file.finish(.failure(error))
            }
        }
        // Only bytes that nobody asks for again; the next start removes what is left.
        let body = file.body(0..<Int.max, length: nil) { try? FileTree.remove(scratch) }
        var response = Response(status: .ok, headers: [.cacheControl: "no-cache"], body: body)
        response.headers[.xContentTypeOptions] = "nosniff"
        return response
    }
}

extension HTTPField.Name {
    static let gitProtocol = ours("Git-Protocol")
}
