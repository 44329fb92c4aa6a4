import SystemPackage
import Testing
import VeloSystem
import VeloTestSupport

/// A real nginx with TLS and HTTP/2, and a certificate of its own in `ca.pem`.
struct SecureServer {
    private let port: Int
    private let folder: FilePath

    func url(_ path: String) -> String { "https://localhost:\(port)\(path)" }

    init(in folder: FilePath, serving bytes: [UInt8]) async throws {
        self.folder = folder
        let www = folder.appending("www")
        try FileTree.makeFolder(www)
        try FileTree.write(bytes, to: www.appending("file"))
        let made = try await Program("/usr/bin/openssl").run(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
            "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", "key.pem", "-out", "ca.pem",
            directory: folder)
        #expect(made.status == 0, "\(made.text)")
        var said = ""
        // A port that was free a moment ago may be taken by now.
        for _ in 0..<10 {
            let probe = try LoopbackServer(replies: [.body([])])
            let port = Int(probe.port)
            probe.stop()
            let file = folder.appending("nginx.conf")
            try FileTree.write(Array(Self.configuration(port, folder, www).utf8), to: file)
            // It goes to the background when it listens; in a session of its own from the start, or it could be ended
            // with the group of the process that is waited for.
            let started = try await Program("/usr/bin/setsid").run(
                "--wait", "/usr/sbin/nginx", "-c", file.string, "-p", folder.string)
            if started.status == 0 {
                self.port = port
                return
            }
            said = started.text
        }
        Issue.record("nginx does not start: \(said)")
        throw SystemError("spawn", "nginx", errno: .addressInUse)
    }

    private static func configuration(_ port: Int, _ folder: FilePath, _ www: FilePath) -> String {
        """
        pid \(folder)/nginx.pid;
        error_log \(folder)/error.log;
        \(Host.current().isRoot ? "user root;" : "")
        events {}
        http {
            access_log \(folder)/access.log;
            client_body_temp_path \(folder)/t1; proxy_temp_path \(folder)/t2; fastcgi_temp_path \(folder)/t3;
            uwsgi_temp_path \(folder)/t4; scgi_temp_path \(folder)/t5;
            server {
                listen 127.0.0.1:\(port) ssl http2;
                server_name localhost;
                ssl_certificate \(folder)/ca.pem;
                ssl_certificate_key \(folder)/key.pem;
                root \(www);
            }
        }
        """
    }

    func stop() {
        guard let text = try? FileTree.readText(folder.appending("nginx.pid")) else { return }
        let stop = ChildCommand(["/bin/kill", text.filter { $0.isNumber }], environment: [:])
        _ = try? ChildProcess.run(stop) { _ in }
    }
}
