# Образ узла Межвед / the image of a Mezhved node. Builds: docker build -t mezhved:0.1.0 .
# No key and no password is in it: keys come as mounted files, passwords by the environment.

FROM node:20.20.2-bookworm-slim AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends python3 make g++ \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --include=dev --no-audit --no-fund
COPY tsconfig.json ./
COPY scripts ./scripts
COPY src ./src
RUN node scripts/prepare.mjs \
 && npm prune --omit=dev --no-audit --no-fund

FROM node:20.20.2-bookworm-slim
ENV NODE_ENV=production \
    MEZHVED_DATA=/var/lib/mezhved \
    MEZHVED_LISTEN=0.0.0.0:8080 \
    MEZHVED_ADMIN_LISTEN=127.0.0.1:8081
WORKDIR /app
RUN groupadd --system --gid 10001 mezhved \
 && useradd --system --uid 10001 --gid mezhved --no-create-home --shell /usr/sbin/nologin mezhved \
 && install -d -o mezhved -g mezhved -m 0700 /var/lib/mezhved
# Owned by root: the node cannot change its own program.
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json LICENSE ./
COPY config ./config
COPY schemas ./schemas
COPY wsdl ./wsdl
USER 10001:10001
VOLUME /var/lib/mezhved
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8081/health/live').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "dist/main.js"]
CMD ["serve"]
