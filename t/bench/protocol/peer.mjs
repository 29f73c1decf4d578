// The official server with one small tool, one process.  argv: PORT

import { createServer } from 'node:http';

import { toNodeHandler } from '@modelcontextprotocol/node';
import { McpServer, createMcpHandler } from '@modelcontextprotocol/server';
import { z } from 'zod';

const handler = createMcpHandler(() => {
    const server = new McpServer({ name: 'peer', version: '1' });
    server.registerTool('list_local_videos', {
        description: 'Says that there are none.',
        inputSchema: z.object({}),
    }, async () => ({ content: [{ type: 'text', text: '{"data":[]}' }] }));
    return server;
}, { responseMode: 'json' });

createServer(toNodeHandler(handler)).listen(Number(process.argv[2]),
                                            '127.0.0.1');
