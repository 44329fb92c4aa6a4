import CLibCrypto

/// A key pair that signs, or the public half that verifies: Ed25519 (RFC 8032).
@safe package final class Ed25519Key: @unchecked Sendable {
    // Never changed after it was made; OpenSSL's keys may be used by several threads then.
    private let key: OpaquePointer
    /// 32 bytes.
    package let publicBytes: [UInt8]

    private init?(_ key: OpaquePointer?) {
        guard let key = unsafe key else { return nil }
        var bytes = [UInt8](repeating: 0, count: 32)
        var count = 32
        guard unsafe EVP_PKEY_get_raw_public_key(key, &bytes, &count) == 1, count == 32 else {
            unsafe EVP_PKEY_free(key)
            return nil
        }
        unsafe self.key = key
        publicBytes = bytes
    }

    deinit { unsafe EVP_PKEY_free(key) }

    /// From the 32 bytes of a private key.
    package convenience init?(seed: [UInt8]) {
        guard seed.count == 32 else { return nil }
        unsafe self.init(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, seed, 32))
    }

    /// From the 32 bytes of a public key: it verifies, and cannot sign.
    package convenience init?(publicBytes: [UInt8]) {
        guard publicBytes.count == 32 else { return nil }
        unsafe self.init(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, publicBytes, 32))
    }

    /// 32 random bytes for a new key.
    package static func makeSeed() -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }

    /// 64 bytes; nil with a public half.
    package func sign(_ message: [UInt8]) -> [UInt8]? {
        guard let context = unsafe EVP_MD_CTX_new() else { return nil }
        defer { unsafe EVP_MD_CTX_free(context) }
        guard unsafe EVP_DigestSignInit(context, nil, nil, nil, key) == 1 else { return nil }
        var signature = [UInt8](repeating: 0, count: 64)
        var count = 64
        guard unsafe EVP_DigestSign(context, &signature, &count, message, message.count) == 1 else { return nil }
        return signature
    }

    package func verifies(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        guard signature.count == 64, let context = unsafe EVP_MD_CTX_new() else { return false }
        defer { unsafe EVP_MD_CTX_free(context) }
        guard unsafe EVP_DigestVerifyInit(context, nil, nil, nil, key) == 1 else { return false }
        return unsafe EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }
}
