# A keeper in a container. Nothing secret is in it: settings come from the environment; keystore, password and address book
# from a directory that is mounted. How to build and run it: docs/runbook.md, "In a container".

# Node 24 on Debian 12. The digest is that of the index of all platforms.
ARG BASE=node:24.21.0-bookworm-slim@sha256:0e0ff40c39bc087845bfb27465a0df4ea419520094bc35842ff83dd8cbe6f9b6

FROM ${BASE} AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
# The node for development, which is optional, is of no use here.
RUN npm ci --omit=dev --ignore-scripts && rm -rf node_modules/@foundry-rs
COPY tsconfig.json ./
COPY typechain-types typechain-types
COPY deploy deploy
COPY sdk sdk
COPY keeper keeper
COPY scripts scripts
ARG COMMIT=unknown
RUN npm run build -- --out /opt/leasehold --commit "$COMMIT" && mkdir /var/lib/leasehold

FROM ${BASE}
ENV NODE_ENV=production \
    KEEPER_STORE=/var/lib/leasehold/keeper.sqlite \
    KEEPER_LISTEN=0.0.0.0:9464
COPY --from=build /opt/leasehold /opt/leasehold
COPY --from=build --chown=1000:1000 /var/lib/leasehold /var/lib/leasehold
# By number, so that Kubernetes can see that it is not root.
USER 1000:1000
VOLUME /var/lib/leasehold
EXPOSE 9464
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:9464/healthz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "/opt/leasehold/scripts/leasehold.js", "keeper"]
CMD ["run"]
