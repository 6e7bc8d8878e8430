/** Nodes that listen on loopback only, and are found by nobody. */
export const local = { listen: ['/ip4/127.0.0.1/tcp/0'], discovery: { mdns: false } }
